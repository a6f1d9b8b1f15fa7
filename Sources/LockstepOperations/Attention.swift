import CKernels
internal import COneDNN
import LockstepAutograd
import LockstepTensors

/// Multi-head self-attention: softmax(q k^T / sqrt(D)) v for each head, heads side by side.
///
/// Queries, keys and values are read from, and their gradients written to, the places where one linear layer puts them:
/// nothing is transposed or split in memory.
///
/// Shapes: qkv [N, L, 3 E], in a row first all queries, then keys, then values, each as heads x D with D = E / heads;
/// lengths [N], int32: how many of a sample's L steps are not padding (nil: all); result [N, L, E].
/// Source: Vaswani et al. 2017, section 3.2.
/// - Parameter isCausal: whether a step sees itself and those before it only.
public func attention(
    _ qkv: Variable, heads: Int, isCausal: Bool, lengths: Tensor? = nil
) -> Variable {
    let tape = qkv.tape
    guard qkv.shape.rank == 3, heads > 0, qkv.shape[2] % (3 * heads) == 0,
        lengths.map({ $0.shape == Shape(qkv.shape[0]) && $0.dtype == .int32 }) ?? true
    else {
        preconditionFailure(
            "attention: qkv \(qkv.shape), \(heads) heads, lengths \(String(describing: lengths?.shape))")
    }
    let key = AttentionOperation.Key(
        qkv: qkv.shape, dtype: qkv.value.dtype, heads: heads, isCausal: isCausal)
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
        var isCausal: Bool
    }

    let key: Key
    private let products: AttentionProducts
    private let outputShape: Shape
    private let scoresShape: Shape
    private var saved: (qkv: Tensor, probabilities: Tensor, lengths: Tensor?)?

    init(key: Key) {
        self.key = key
        let (samples, length, width) = (key.qkv[0], key.qkv[1], key.qkv[2] / 3)
        products = AttentionProducts(
            samples: samples, heads: key.heads, length: length, width: width, dtype: key.dtype,
            isCausal: key.isCausal)
        outputShape = Shape(samples, length, width)
        scoresShape = Shape(samples, key.heads, length, length)
    }

    /// The address of queries (0), keys (1) or values (2) within qkv.
    private func part(_ qkv: Tensor, _ index: Int) -> UnsafeMutableRawPointer {
        qkv.address + index * outputShape[2] * key.dtype.byteCount
    }

    private func withParameters(_ lengths: Tensor?, _ body: (UnsafePointer<lockstep_attention>) -> Void) {
        let dimension = outputShape[2] / key.heads
        var parameters = lockstep_attention(
            samples: outputShape[0], heads: key.heads, length: outputShape[1],
            scale: 1 / Float(dimension).squareRoot(), is_causal: key.isCausal ? 1 : 0,
            lengths: lengths.map { UnsafePointer($0.int32s) })
        body(&parameters)
    }

    /// qkv [N, L, 3 E] -> y [N, L, E].
    func forward(_ qkv: Tensor, lengths: Tensor?, pool: StoragePool) -> Tensor {
        let y = pool.tensor(outputShape, key.dtype)
        guard y.elementCount > 0 else { return y }
        let scores = pool.tensor(scoresShape)
        products.scores(part(qkv, 0), part(qkv, 1), scores.address)
        let probabilities = key.dtype == .float32 ? scores : pool.tensor(scoresShape, key.dtype)
        withParameters(lengths) { parameters in
            if key.dtype == .float32 {
                lockstep_attention_softmax(scores.floats, nil, scores.floats, parameters)
            } else {
                lockstep_attention_softmax(nil, probabilities.bfloat16s, scores.floats, parameters)
            }
        }
        products.output(probabilities.address, part(qkv, 2), y.address)
        saved = (qkv, probabilities, lengths)
        return y
    }

    /// dy [N, L, E] -> dqkv [N, L, 3 E].
    func backward(_ context: BackwardContext) {
        guard outputShape.elementCount > 0 else { return context.writeZeros(inputs: 1) }
        guard let saved else { preconditionFailure("attention: backward without forward") }
        let pool = context.pool
        let dy = context.outputGradient
        context.write(0) { dqkv in
            products.valueGradient(saved.probabilities.address, dy.address, part(dqkv, 2))
            let dp = pool.tensor(scoresShape)
            products.probabilityGradient(dy.address, part(saved.qkv, 2), dp.address)
            let ds = key.dtype == .float32 ? dp : pool.tensor(scoresShape, key.dtype)
            withParameters(saved.lengths) { parameters in
                if key.dtype == .float32 {
                    lockstep_attention_softmax_backward(
                        dp.floats, nil, dp.floats, saved.probabilities.floats, nil, parameters)
                } else {
                    lockstep_attention_softmax_backward(
                        nil, ds.bfloat16s, dp.floats, nil, saved.probabilities.bfloat16s, parameters)
                }
            }
            products.queryGradient(ds.address, part(saved.qkv, 1), part(dqkv, 0))
            products.keyGradient(ds.address, part(saved.qkv, 0), part(dqkv, 1))
        }
    }

    func release() { saved = nil }
}
