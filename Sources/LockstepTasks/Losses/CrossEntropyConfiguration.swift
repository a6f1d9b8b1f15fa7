import LockstepConfiguration

/// Softmax cross-entropy of logits against one label for each sample.
public struct CrossEntropyConfiguration: Configurable, Equatable {
    /// How much a sample counts by its class.
    public enum ClassWeighting: Sendable, Equatable {
        /// Every sample counts 1.
        case none
        /// In inverse proportion to the number of training samples of its class.
        case balanced
        /// By the weight of its class, one for each class in their order.
        case weights([Double])
    }

    /// The share of the target's probability that is spread evenly over all classes.
    public var labelSmoothing: Double
    /// How much a sample counts by its class.
    public var classWeights: ClassWeighting

    /// Makes a configuration.
    public init(labelSmoothing: Double = 0, classWeights: ClassWeighting = .none) {
        self.labelSmoothing = labelSmoothing
        self.classWeights = classWeights
    }

    public init() { self.init(labelSmoothing: 0) }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .number(
                "label_smoothing", \.labelSmoothing, .labelSmoothing,
                "share of the target's probability that is spread over all classes, in the validation loss, too"
            ),
            .init(\.classWeights, .initial) {
                try ClassWeighting.read($0, "class_weights", default: $1 ?? .none)
            })
    }
}

extension LegalRange<Double> {
    /// The share of the target's probability that is spread over all classes.
    fileprivate static var labelSmoothing: Self { .within(0..<1) }
}

extension CrossEntropyConfiguration.ClassWeighting {
    private enum Word: String, CaseIterable {
        case none
        case balanced
    }
    private static let weight = LegalRange<Double>.weight
    private static let meaning =
        "weight of each class, in the validation loss, too: balanced is in inverse proportion to its samples"

    /// Reads one of the words, or a list of weights.
    fileprivate static func read(_ section: ConfigurationSection, _ key: String, default value: Self) throws
        -> Self
    {
        if section.isList(key) || !section.isWritten(key), case .weights(let weights) = value {
            return .weights(try weightList(section, key, weights))
        }
        if section.isList(key) { return .weights(try weightList(section, key, nil)) }
        switch try section.word(
            key, meaning, default: value == .balanced ? Word.balanced : .none,
            orElse: "a list of weights\(weight.words)")
        {
        case .none: return .none
        case .balanced: return .balanced
        }
    }

    private static func weightList(
        _ section: ConfigurationSection, _ key: String, _ value: [Double]?
    ) throws -> [Double] {
        try section.doubles(key, meaning, default: value, count: .atLeast(2), weight)
    }
}
