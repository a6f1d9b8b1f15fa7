import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// Multi-head self-attention: softmax(q k^T / sqrt(D)) v for each head, heads side by side.
///
/// Reads queries, keys and values, and writes their gradients, in the layout of one linear layer. Each head
/// of a sample is computed separately, in the cache; of the scores only the softmax is stored.
///
/// Shapes: qkv [N, L, 3 E], each row with all queries, then keys, then values, each as heads x D with D = E /
/// heads (with fewer heads of keys and values [N, L, E + 2 keyHeads D]); lengths [N], int32: the number of a
/// sample's L steps that are not padding (nil: all); result [N, L, E]. A length outside 0 ... L is reported to
/// the tape (`Tape.failure`) as a `LengthError`. Sources: Vaswani et al. 2017, section 3.2; of `keyHeads`
/// Ainslie et al.: GQA (arXiv 2305.13245).
/// - Parameters:
///   - keyHeads: the heads of keys and values, each for heads / keyHeads neighboring heads of queries (grouped-query
///     attention); nil for as many.
///   - isCausal: whether a step attends only to itself and earlier ones.
public func attention(
    _ qkv: Variable, heads: Int, keyHeads: Int? = nil, isCausal: Bool, lengths: Tensor? = nil
) -> Variable {
    let tape = qkv.tape
    let keyHeads = keyHeads ?? heads
    guard qkv.shape.rank == 3, heads > 0, keyHeads > 0, heads % keyHeads == 0,
        qkv.shape[2] % (heads + 2 * keyHeads) == 0,
        lengths.map({ $0.shape == Shape(qkv.shape[0]) && $0.dtype == .int32 }) ?? true
    else {
        let row =
            keyHeads == heads
            ? "[N, L, 3 E] with E a multiple of \(heads) heads"
            : "[N, L, D x (heads + 2 keyHeads)], with \(heads) heads a multiple of keyHeads \(keyHeads)"
        brokenContract(
            """
            attention\(qkv.place): qkv \(qkv.shape) has to be \(row), \
            and lengths \(lengths.map { "\($0.shape) of \($0.dtype) elements" } ?? "none") [N] of int32
            """)
    }
    tape.reportLengths(lengths, steps: qkv.shape[1], "attention")
    let key = AttentionOperation.Key(
        qkv: qkv.shape, dtype: qkv.value.dtype, heads: heads, keyHeads: keyHeads, isCausal: isCausal)
    let operation = tape.operation(AttentionOperation.self, key: key) { AttentionOperation(key: $0) }
    let y = operation.forward(qkv.value, lengths: lengths, pool: tape.pool)
    return tape.record(operation, inputs: qkv, output: y)
}

/// The operation behind `attention`. N samples, H heads, L steps, E = H x D.
final class AttentionOperation: DifferentiableOperation {
    struct Key: Equatable {
        var qkv: Shape
        var dtype: DType
        var heads: Int
        var keyHeads: Int
        var isCausal: Bool
    }

    let key: Key
    private let pass: AttentionPass
    private let outputShape: Shape
    private(set) var saved: (qkv: Tensor, probabilities: Tensor, lengths: Tensor?)?

    init(key: Key) {
        self.key = key
        let (samples, length) = (key.qkv[0], key.qkv[1])
        let dimension = key.qkv[2] / (key.heads + 2 * key.keyHeads)
        outputShape = Shape(samples, length, key.heads * dimension)
        pass = AttentionPass(
            samples: samples, heads: key.heads, keyHeads: key.keyHeads, length: length,
            dimension: dimension, isCausal: key.isCausal, dtype: key.dtype)
    }

    /// qkv -> y [N, L, E].
    func forward(_ qkv: Tensor, lengths: Tensor?, pool: StoragePool) -> Tensor {
        let y = pool.tensor(outputShape, key.dtype)
        guard y.elementCount > 0 else { return y }
        let probabilities = pool.tensor(pass.probabilitiesShape, key.dtype)
        pass.forward(qkv, lengths: lengths, probabilities: probabilities, y: y, pool: pool)
        saved = (qkv, probabilities, lengths)
        return y
    }

    /// dy [N, L, E] -> dqkv.
    func backward(_ context: BackwardContext) {
        guard outputShape.elementCount > 0 else { return context.writeZeros(inputs: 1) }
        guard let saved else { brokenContract("attention: backward without forward") }
        context.write(0) { dqkv in
            pass.backward(
                context.outputGradient, qkv: saved.qkv, lengths: saved.lengths,
                probabilities: saved.probabilities, dqkv: dqkv, pool: context.pool)
        }
    }

    func release() { saved = nil }
}
