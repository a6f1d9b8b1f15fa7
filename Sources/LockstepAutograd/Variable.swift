import LockstepTensors

/// A tensor on a tape, the operand of a model's forward pass.
public struct Variable {
    /// The tape that recorded the variable.
    public let tape: Tape
    /// The index of the tape's node.
    public let index: Int
    /// The number of the tape's pass.
    let pass: UInt32
    /// The value.
    public let value: Tensor
    /// The parameter that this variable reads; nil for other variables.
    public let parameter: Parameter?

    /// The shape of the value.
    public var shape: Shape { value.shape }

    /// Whether backward computes the gradient of this variable.
    public var requiresGradient: Bool { tape.requiresGradient(index) }
}
