import LockstepTensors

/// Sees a forward pass while it is recorded: for tools that need the operations of a network, such as exports.
///
/// Training has none. A recorder that looks variables up by their memory keeps their tensors, since the pool uses the memory of
/// released tensors again.
public protocol TapeRecorder: AnyObject {
    /// A variable that no operation computes: data, or a parameter.
    func leaf(_ variable: Variable)

    /// An operation, which still has what it keeps for backward.
    /// - Parameters:
    ///   - inputs: the numbers of its inputs' nodes.
    ///   - output: its result.
    func operation(_ operation: any DifferentiableOperation, inputs: [Int], output: Variable)

    /// A tensor that an operation has filled with the numbers of another one, without recording that.
    func copy(_ copy: Tensor, of original: Tensor)
}
