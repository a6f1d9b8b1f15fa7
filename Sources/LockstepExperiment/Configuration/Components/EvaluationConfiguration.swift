import LockstepConfiguration

/// When the validation split is evaluated: at an interval of epochs, of steps, or both. And, for a text, how.
public struct EvaluationConfiguration: Configurable, Equatable {
    /// The interval in epochs; nil for none.
    public var everyEpochs: Int?
    /// The interval in steps; nil for none.
    public var everySteps: Int?
    /// For a text: the number of bytes by which windows advance, 1...context. Below the context windows
    /// overlap, and every byte except the first ones is predicted from at least context - stride bytes before
    /// it. Nil for the context: windows do not overlap.
    public var stride: Int?

    /// Makes a configuration.
    public init(everyEpochs: Int? = 1, everySteps: Int? = nil, stride: Int? = nil) {
        self.everyEpochs = everyEpochs
        self.everySteps = everySteps
        self.stride = stride
    }

    public init() { self.init(everyEpochs: 1) }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .everySteps(\.everySteps), .everyEpochs(\.everyEpochs) { $0.everySteps },
            .optionalInteger(
                "stride", \.stride, .context,
                "for a text: bytes by which each window advances, at most the context; auto: the context",
                absent: "auto"))
    }
}

/// The pair of keys `every_steps` and `every_epochs`. Giving either replaces the default interval, every
/// epoch.
extension KeyTable.Key {
    static func everySteps(_ path: WritableKeyPath<Value, Int?>) -> Self {
        .optionalInteger("every_steps", path, .steps, "after every this many steps")
    }

    static func everyEpochs(_ path: WritableKeyPath<Value, Int?>, _ steps: @escaping (Value) -> Int?) -> Self
    {
        .optionalInteger(
            "every_epochs", path, .rounds,
            "at the end of every this many epochs; by default 1, where every_steps is not given",
            default: .following { steps($0) == nil ? 1 : nil })
    }
}
