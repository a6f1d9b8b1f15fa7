import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// The softmax of scale times attention scores, over the keys that a query attends to; other keys get 0, as
/// does a row without keys.
///
/// Shapes: x and y [N, heads, queries, keys], float32 or bfloat16; lengths [N], int32: the number of keys of
/// a sample that are not padding (nil: all). A length outside 0 ... keys is reported to the tape
/// (`Tape.failure`) as a `LengthError`.
/// - Parameter isCausal: whether query i attends only to keys 0 ... i.
public func maskedSoftmax(
    _ x: Variable, scale: Float = 1, isCausal: Bool = false, lengths: Tensor? = nil
) -> Variable {
    maskedSoftmax(x, scale: scale, isCausal: isCausal, lengths: lengths, of: "maskedSoftmax")
}

/// `maskedSoftmax` as part of another operation, named in errors of the lengths.
func maskedSoftmax(
    _ x: Variable, scale: Float, isCausal: Bool, lengths: Tensor?, of operation: StaticString
) -> Variable {
    guard x.shape.rank == 4, lengths.map({ $0.shape == Shape(x.shape[0]) && $0.dtype == .int32 }) ?? true
    else {
        brokenContract(
            """
            maskedSoftmax\(x.place): scores \(x.shape) have to be [N, heads, queries, keys], and lengths \
            \(lengths.map { "\($0.shape) of \($0.dtype) elements" } ?? "none") [N] of int32
            """
        )
    }
    let tape = x.tape
    tape.reportLengths(lengths, steps: x.shape[3], operation)
    let key = MaskedSoftmaxOperation.Key(
        x: x.shape, dtype: x.value.dtype, scale: scale, isCausal: isCausal)
    let operation = tape.operation(MaskedSoftmaxOperation.self, key: key) { MaskedSoftmaxOperation(key: $0) }
    let y = operation.forward(x.value, lengths: lengths, pool: tape.pool)
    return tape.record(operation, inputs: x, output: y)
}

/// The operation behind `maskedSoftmax`.
final class MaskedSoftmaxOperation: DifferentiableOperation {
    struct Key: Equatable {
        var x: Shape
        var dtype: DType
        var scale: Float
        var isCausal: Bool
    }

    let key: Key
    private var saved: (y: Tensor, lengths: Tensor?)?

    init(key: Key) { self.key = key }

    private func withPlan(_ lengths: Tensor?, _ body: (UnsafePointer<lockstep_masked_softmax>) -> Void) {
        var plan = lockstep_masked_softmax(
            samples: key.x[0], heads: key.x[1], queries: key.x[2], keys: key.x[3], scale: key.scale,
            is_causal: key.isCausal ? 1 : 0, lengths: lengths.map { UnsafePointer($0.int32s) })
        body(&plan)
    }

    /// x -> y [N, heads, queries, keys].
    func forward(_ x: Tensor, lengths: Tensor?, pool: StoragePool) -> Tensor {
        let y = pool.tensor(key.x, key.dtype)
        guard y.elementCount > 0 else { return y }
        withPlan(lengths) {
            lockstep_masked_softmax_forward($0, y.address, x.address, key.dtype == .bfloat16 ? 1 : 0)
        }
        saved = (y, lengths)
        return y
    }

    /// dy -> dx, both [N, heads, queries, keys].
    func backward(_ context: BackwardContext) {
        guard let saved else { return context.writeZeros(inputs: 1) }
        let dy = context.outputGradient
        context.write(0, as: key.dtype) { dx in
            withPlan(saved.lengths) {
                lockstep_masked_softmax_backward(
                    $0, dx.address, dy.address, saved.y.address, key.dtype == .bfloat16 ? 1 : 0)
            }
        }
    }

    func release() { saved = nil }
}
