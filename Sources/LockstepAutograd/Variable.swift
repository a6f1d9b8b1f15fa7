import LockstepTensors

/// A tensor on a tape: what a model's forward pass computes with.
public struct Variable {
    /// The tape that recorded the variable; it carries mode and randomness.
    public let tape: Tape
    /// The number of the tape's node.
    public let index: Int
    /// The number of the tape's pass that it belongs to.
    let pass: UInt32
    /// The value.
    public let value: Tensor
    /// The trainable tensor that this variable is, if it is one.
    public let parameter: Parameter?

    /// The extents of the value.
    public var shape: Shape { value.shape }

    /// Whether backward has anything to do for this variable.
    public var requiresGradient: Bool { tape.requiresGradient(index) }
}
