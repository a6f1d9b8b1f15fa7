import LockstepTensors

/// One recorded operation: what its backward needs, kept in an object that the tape uses again in the next step.
///
/// An operation is an object so that a steady-state step allocates nothing: the n-th operation of a step finds the
/// object that the n-th operation of the step before left, with its oneDNN primitives, and takes it when type
/// and key are equal. The pattern of every operation:
///
/// ```swift
/// public func relu(_ x: Variable) -> Variable {
///     let tape = x.tape
///     let operation = tape.operation(Relu.self, key: Relu.Key(shape: x.shape)) { Relu(key: $0) }
///     let y = tape.pool.tensor(x.shape)
///     operation.forward(x.value, y)                       // computes into y, keeps what backward needs
///     return tape.record(operation, inputs: x, output: y) // drops it again if no input needs a gradient
/// }
/// ```
public protocol DifferentiableOperation: AnyObject {
    /// Everything that the object depends on: shapes, strides, options. Compared, never hashed.
    associatedtype Key: Equatable

    /// The key that the object was made for.
    var key: Key { get }

    /// Computes the gradients of the inputs from `context.outputGradient` and hands them to `context`.
    /// Inputs for which `context.needsGradient` is false are skipped.
    func backward(_ context: BackwardContext)

    /// Drops every tensor that was kept for backward, so that the pool can use its memory again.
    func release()
}
