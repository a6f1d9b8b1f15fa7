import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// y = scale x / sqrt(mean of x^2 + epsilon), with the mean over the last dimension.
///
/// Shapes: x and y [..., C] of any rank from 1, float32 or bfloat16; scale [C].
/// Source: Zhang, Sennrich: Root Mean Square Layer Normalization (arXiv 1910.07467), equation 4.
public func rmsNorm(_ x: Variable, scale: Variable, epsilon: Float = 1e-6) -> Variable {
    guard x.shape.rank >= 1, scale.shape == Shape(x.shape[-1]) else {
        brokenContract("rmsNorm\(Variable.place(scale, x)): x \(x.shape) does not fit scale \(scale.shape)")
    }
    let tape = x.tape
    let key = RMSNormalizationOperation.Key(x: x.shape, dtype: x.value.dtype, epsilon: epsilon)
    let operation = tape.operation(RMSNormalizationOperation.self, key: key) {
        RMSNormalizationOperation(key: $0)
    }
    let y = operation.forward(x.value, scale: scale.value, pool: tape.pool)
    return tape.record(operation, inputs: x, scale, output: y)
}

/// `rmsNorm` with a parameter, read on the tape of `x`.
public func rmsNorm(_ x: Variable, scale: Parameter, epsilon: Float = 1e-6) -> Variable {
    rmsNorm(x, scale: x.tape.variable(scale), epsilon: epsilon)
}

/// The operation behind `rmsNorm`. Inside, x is a matrix [rows, C].
final class RMSNormalizationOperation: DifferentiableOperation {
    struct Key: Equatable {
        var x: Shape
        var dtype: DType
        var epsilon: Float
    }

    let key: Key
    private let rows: Int
    private let features: Int
    private var saved: (x: Tensor, scale: Tensor, roots: Tensor)?

    init(key: Key) {
        self.key = key
        features = key.x[-1]
        rows = key.x.elementCount(of: 0..<key.x.rank - 1)
    }

    private var isRounded: Int32 { key.dtype == .bfloat16 ? 1 : 0 }

    /// x [..., C] -> y [..., C].
    func forward(_ x: Tensor, scale: Tensor, pool: StoragePool) -> Tensor {
        let y = pool.tensor(key.x, key.dtype)
        guard y.elementCount > 0 else { return y }
        let roots = pool.tensor(Shape(rows))
        lockstep_rms_normalization_forward(
            y.address, roots.floats, x.address, scale.floats, rows, features, key.epsilon, isRounded)
        saved = (x, scale, roots)
        return y
    }

    /// dy [..., C] -> dx [..., C], dscale [C].
    func backward(_ context: BackwardContext) {
        guard let saved else { return context.writeZeros(inputs: 2) }
        let room = context.pool.tensor(Shape(2 * features))
        func run(_ dx: Tensor, _ dScale: Tensor) {
            lockstep_rms_normalization_backward(
                dx.address, dScale.floats, context.outputGradient.address, saved.x.address,
                saved.roots.floats, saved.scale.floats, rows, features,
                room.address.assumingMemoryBound(to: Double.self), isRounded)
        }
        let dScale = context.pool.tensor(Shape(features))
        if context.needsGradient(0) {
            context.write(0, as: key.dtype) { run($0, dScale) }
        } else {
            run(context.pool.tensor(key.x, key.dtype), dScale)
        }
        context.passThrough(1, dScale)
    }

    func release() { saved = nil }
}
