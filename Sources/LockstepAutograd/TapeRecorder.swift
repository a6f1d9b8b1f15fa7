import LockstepTensors

/// Sees a forward pass while it is recorded, and its backward pass: for tools that need the operations of a network, such as
/// exports and measurements.
///
/// Training has none. A recorder that looks variables up by their memory keeps their tensors, since the pool uses the memory of
/// released tensors again.
public protocol TapeRecorder: AnyObject {
    /// A variable that no operation computes: data, or a parameter.
    func leaf(_ variable: Variable)

    /// An operation, which still has what it keeps for backward. Those of an `ActivationCheckpoint` are seen again, as are its
    /// leaves, with the same nodes, when backward computes them again.
    /// - Parameters:
    ///   - inputs: the numbers of its inputs' nodes.
    ///   - output: its result.
    func operation(_ operation: any DifferentiableOperation, inputs: [Int], output: Variable)

    /// A tensor that an operation has filled with the numbers of another one, without recording that.
    func copy(_ copy: Tensor, of original: Tensor)

    /// A forward pass begins.
    func begin()

    /// The backward pass of an operation begins.
    func beginBackward()

    /// The backward pass of an operation has ended.
    /// - Parameters:
    ///   - node: the number of its output's node.
    ///   - written: the numbers of the inputs' nodes whose gradients it has written, or added to; not those that share the
    ///     memory of another gradient.
    func endBackward(_ node: Int, written: [Int])
}

extension TapeRecorder {
    public func begin() {}
    public func beginBackward() {}
    public func endBackward(_ node: Int, written: [Int]) {}
}
