/// How the numbers of inputs and of targets became 32-bit ones; nil for as they are. What the training file decides holds for all that
/// a trained network is used on, so checkpoints keep it.
public struct DataNarrowing: Codable, Sendable, Equatable {
    var inputs: NumberNarrowing?
    var targets: NumberNarrowing?

    /// Numbers as they are, as in all checkpoints that say nothing of this.
    public init() {}

    init(inputs: NumberNarrowing?, targets: NumberNarrowing?) {
        self.inputs = inputs
        self.targets = targets
    }

    /// Whether all numbers are as they are.
    var isPlain: Bool { inputs == nil && targets == nil }
}
