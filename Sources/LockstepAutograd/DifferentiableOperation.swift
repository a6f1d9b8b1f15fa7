import LockstepTensors

/// One recorded operation, with what its backward needs. The tape reuses the object in the next step.
///
/// Operations are objects so that a steady-state step does not allocate: the n-th operation of a step reuses
/// the object of the n-th operation of the previous step, with its oneDNN primitives, if type and key are
/// equal. The pattern of every operation:
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
    /// Everything that the object depends on: shapes, strides, options.
    associatedtype Key: Equatable

    /// The key of the object.
    var key: Key { get }

    /// Computes the gradients of the inputs from `context.outputGradient` and writes them through `context`.
    /// Skips inputs for which `context.needsGradient` is false.
    func backward(_ context: BackwardContext)

    /// Whether it reads the whole of its inputs, and not only as many elements as it writes, such as rows of a table: for
    /// measurements. True by default.
    var readsWholeInputs: Bool { get }

    /// Releases every tensor kept for backward, so that the pool can reuse its memory.
    func release()
}

extension DifferentiableOperation {
    public var readsWholeInputs: Bool { true }
}
