import CKernels
import Glibc
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// Which elements of a head are rotated together by `rotary`.
public enum RotaryPairs: Sendable, Hashable {
    /// Elements i and i + dimensions / 2, as in GPT-NeoX and Hugging Face's Llama.
    case halves
    /// Elements 2 i and 2 i + 1, as in GPT-J and in the paper.
    case interleaved
}

/// Rotary position embedding: pair i of each head is rotated by the angle step x base^(-2 i / dimensions).
///
/// For queries and keys, before attention: their products then depend only on the distance of two steps.
///
/// Shapes: x and y [N, L, heads, D], float32 or bfloat16.
/// Source: Su et al.: RoFormer (arXiv 2104.09864), equation 34.
/// - Parameters:
///   - heads: the number of heads to rotate, from the first one; all by default. The rest is copied, such as the
///     values of a tensor with queries, keys and values.
///   - dimensions: the number of elements of a head to rotate, even; all by default. The rest is copied.
///   - base: the base of the angles.
///   - firstStep: the position of the first step.
public func rotary(
    _ x: Variable, pairs: RotaryPairs = .halves, heads: Int? = nil, dimensions: Int? = nil,
    base: Float = 10000, firstStep: Int = 0
) -> Variable {
    let turned = dimensions ?? (x.shape.rank == 4 ? x.shape[3] : 0)
    guard x.shape.rank == 4, turned % 2 == 0, turned >= 0, turned <= x.shape[3], base > 0 else {
        brokenContract(
            "rotary\(x.place): x \(x.shape) is not [N, L, heads, D] with \(turned) (even) dimensions to turn")
    }
    let heads = heads ?? x.shape[2]
    contract(
        heads >= 0 && heads <= x.shape[2], "rotary\(x.place): x \(x.shape) has no \(heads) heads to turn")
    let tape = x.tape
    let key = RotaryOperation.Key(
        x: x.shape, dtype: x.value.dtype, pairs: pairs, heads: heads, dimensions: turned, base: base,
        firstStep: firstStep)
    let operation = tape.operation(RotaryOperation.self, key: key) { RotaryOperation(key: $0) }
    let y = tape.pool.tensor(x.shape, x.value.dtype)
    operation.rotate(x.value, y, isBackward: false)
    return tape.record(operation, inputs: x, output: y)
}

/// The operation behind `rotary`; its backward rotates in the opposite direction.
final class RotaryOperation: DifferentiableOperation {
    struct Key: Equatable {
        var x: Shape
        var dtype: DType
        var pairs: RotaryPairs
        var heads: Int
        var dimensions: Int
        var base: Float
        var firstStep: Int
    }

    let key: Key
    /// [L, dimensions / 2, 2]: cosine and sine.
    let angles: Tensor

    init(key: Key) {
        self.key = key
        let pairs = key.dimensions / 2
        angles = Tensor(zeros: Shape(key.x[1], pairs, 2))
        for step in 0..<key.x[1] {
            for pair in 0..<pairs {
                let frequency = pow(Double(key.base), -2 * Double(pair) / Double(key.dimensions))
                let angle = Double(key.firstStep + step) * frequency
                angles.floats[(step * pairs + pair) * 2] = Float(cos(angle))
                angles.floats[(step * pairs + pair) * 2 + 1] = Float(sin(angle))
            }
        }
    }

    /// x [N, L, heads, D] -> y.
    func rotate(_ x: Tensor, _ y: Tensor, isBackward: Bool) {
        guard x.elementCount > 0 else { return }
        lockstep_rotary(
            y.address, x.address, angles.floats, key.x[0], key.x[1], key.x[2], key.heads, key.x[3],
            key.dimensions / 2, key.pairs == .interleaved ? 1 : 0, isBackward ? 1 : 0,
            key.dtype == .bfloat16 ? 1 : 0)
    }

    func backward(_ context: BackwardContext) {
        context.write(0, as: key.dtype) { rotate(context.outputGradient, $0, isBackward: true) }
    }

    func release() {}
}
