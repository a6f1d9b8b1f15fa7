/// How the numbers of inputs and targets are converted to 32 bits; nil for plain rounding. It is derived from the
/// training file and applies to all data for the trained network, so checkpoints store it.
public struct DataNarrowing: Codable, Sendable, Equatable {
    package var inputs: NumberNarrowing?
    package var targets: NumberNarrowing?

    /// Plain rounding, which checkpoints without this entry use.
    public init() {}

    package init(inputs: NumberNarrowing?, targets: NumberNarrowing?) {
        self.inputs = inputs
        self.targets = targets
    }

    /// Whether all numbers are rounded without an offset or a factor.
    package var isPlain: Bool { inputs == nil && targets == nil }
}
