internal import COneDNN
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// y = scale (x - mean) / sqrt(variance + epsilon) + shift, with mean and variance (divisor C) over the last
/// dimension.
///
/// Shapes: x and y [..., C] of any rank from 1 on; scale and shift [C].
/// Source: Ba, Kiros, Hinton: Layer Normalization (arXiv 1607.06450), equation 4.
public func layerNorm(
    _ x: Variable, scale: Variable, shift: Variable, epsilon: Float = 1e-5
) -> Variable {
    let tape = x.tape
    guard x.shape.rank >= 1, scale.shape == Shape(x.shape[-1]), shift.shape == scale.shape else {
        brokenContract(
            "layerNorm\(Variable.place(scale, x)): x \(x.shape) does not fit scale \(scale.shape) and shift \(shift.shape)"
        )
    }
    let key = LayerNormalizationOperation.Key(x: x.shape, dtype: x.value.dtype, epsilon: epsilon)
    let operation = tape.operation(LayerNormalizationOperation.self, key: key) {
        LayerNormalizationOperation(key: $0)
    }
    let y = operation.forward(x.value, scale: scale.value, shift: shift.value, pool: tape.pool)
    return tape.record(operation, inputs: x, scale, shift, output: y)
}

/// `layerNorm` with parameters: read on the tape of `x`.
public func layerNorm(
    _ x: Variable, scale: Parameter, shift: Parameter, epsilon: Float = 1e-5
) -> Variable {
    layerNorm(x, scale: x.tape.variable(scale), shift: x.tape.variable(shift), epsilon: epsilon)
}

/// The operation behind `layerNorm`. Inside, x is a matrix [rows, C].
final class LayerNormalizationOperation: DifferentiableOperation {
    struct Key: Equatable {
        var x: Shape
        var dtype: DType
        var epsilon: Float
    }

    let key: Key
    private let rows: Int
    private let features: Int
    private var saved: Saved?

    private struct Saved {
        var x: Tensor
        var scale: Tensor
        var shift: Tensor
        /// [2, rows]: mean and variance.
        var moments: Tensor
    }

    private lazy var forward = DNNPrimitive("layerNorm forward") {
        var parameters = parameters
        return lockstep_dnn_layer_normalization_forward_create($0, &parameters)
    }
    private lazy var backward = DNNPrimitive("layerNorm backward") { made in
        var parameters = parameters
        return forward.query { lockstep_dnn_layer_normalization_backward_create(made, &parameters, $0) }
    }

    init(key: Key) {
        self.key = key
        features = key.x[-1]
        rows = key.x.elementCount(of: 0..<key.x.rank - 1)
    }

    private var parameters: lockstep_dnn_layer_normalization {
        lockstep_dnn_layer_normalization(
            rows: Int64(rows), features: Int64(features), epsilon: key.epsilon, type: key.dtype.dnn)
    }

    /// x [..., C] -> y [..., C].
    func forward(_ x: Tensor, scale: Tensor, shift: Tensor, pool: StoragePool) -> Tensor {
        let y = pool.tensor(key.x, key.dtype)
        guard rows > 0, features > 0 else { return y }
        let moments = pool.tensor(Shape(2, rows))
        forward.execute {
            lockstep_dnn_layer_normalization_forward_execute(
                $0, x.address, scale.floats, shift.floats, moments.floats, moments.floats + rows,
                y.address)
        }
        saved = Saved(x: x, scale: scale, shift: shift, moments: moments)
        return y
    }

    /// dy [..., C] -> dx [..., C], dscale [C], dshift [C].
    func backward(_ context: BackwardContext) {
        guard rows > 0, features > 0 else { return context.writeZeros(inputs: 3) }
        guard let saved else { brokenContract("layerNorm: backward without forward") }
        let dy = context.outputGradient
        let shapes = (Shape(features), Shape(features))
        context.writeTogether(1, 2, shapes: shapes) { dScale, dShift in
            if context.needsGradient(0) {
                context.write(0) { run(saved, dy, $0, dScale, dShift) }
            } else {
                run(saved, dy, context.pool.tensor(key.x, key.dtype), dScale, dShift)
            }
        }
    }

    private func run(_ saved: Saved, _ dy: Tensor, _ dx: Tensor, _ dScale: Tensor, _ dShift: Tensor) {
        backward.execute {
            lockstep_dnn_layer_normalization_backward_execute(
                $0, saved.x.address, saved.scale.floats, saved.shift.floats, saved.moments.floats,
                saved.moments.floats + rows, dy.address, dx.address, dScale.floats, dShift.floats)
        }
    }

    func release() { saved = nil }
}
