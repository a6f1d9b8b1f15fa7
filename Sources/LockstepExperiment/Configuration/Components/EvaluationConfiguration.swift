import LockstepConfiguration

/// When the validation split is evaluated: at the end of every so many epochs, after every so many steps, or both. And, for a
/// text, how.
public struct EvaluationConfiguration: Codable, Sendable, Equatable {
    /// At the end of every this many epochs; nil for not.
    public var everyEpochs: Int?
    /// After every this many steps; nil for not.
    public var everySteps: Int?
    /// Of a text: how many bytes each window moves on, 1...context. Below the context windows overlap, and every byte but the
    /// first ones is predicted from at least context - stride bytes before it. Nil: the context, windows do not overlap.
    public var stride: Int?

    /// Makes a configuration.
    public init(everyEpochs: Int? = 1, everySteps: Int? = nil, stride: Int? = nil) {
        self.everyEpochs = everyEpochs
        self.everySteps = everySteps
        self.stride = stride
    }

    package static func read(_ section: ConfigurationSection, _ value: Self?) throws -> Self {
        let interval = try StepInterval.read(section, value.map { ($0.everyEpochs, $0.everySteps) })
        return Self(
            everyEpochs: interval.epochs, everySteps: interval.steps,
            stride: try section.automaticInteger(
                "stride",
                "for a text: bytes by which each window advances, at most the context; auto: the context",
                default: value?.stride, .context))
    }
}

/// The pair of keys `every_epochs` and `every_steps`.
package enum StepInterval {
    /// Reads the pair. What is written replaces the usual interval, which is every epoch.
    package static func read(
        _ section: ConfigurationSection, _ value: (epochs: Int?, steps: Int?)?
    ) throws -> (epochs: Int?, steps: Int?) {
        let steps = try section.optionalInteger(
            "every_steps", "after every this many steps", default: value?.steps, .steps)
        let usual = value == nil && steps == nil ? 1 : value?.epochs
        return (
            try section.optionalInteger(
                "every_epochs",
                "at the end of every this many epochs; by default 1, where every_steps is not given",
                default: usual, .rounds), steps
        )
    }
}
