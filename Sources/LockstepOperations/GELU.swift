import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// y = x Phi(x), with the normal distribution function Phi or its approximation by tanh; any shape.
///
/// Forward also computes the derivative, which shares most of its arithmetic, and stores it instead of x:
/// backward is one product. In bfloat16 the derivative is rounded to bfloat16. Source: Hendrycks and Gimpel:
/// Gaussian Error Linear Units, 2016.
public func gelu(_ x: Variable, approximation: GELUApproximation = .none) -> Variable {
    let tape = x.tape
    let key = GELUOperation.Key(shape: x.shape, dtype: x.value.dtype, approximation: approximation)
    let operation = tape.operation(GELUOperation.self, key: key) { GELUOperation(key: $0) }
    let y = operation.forward(x.value, keepsDerivative: x.requiresGradient, pool: tape.pool)
    return tape.record(operation, inputs: x, output: y)
}

/// How `gelu` computes the normal distribution function.
public enum GELUApproximation: Sendable, Hashable {
    /// By the error function.
    case none
    /// By tanh(sqrt(2 / pi) (x + 0.044715 x^3)).
    case tanh
}

/// The operation behind `gelu`.
final class GELUOperation: DifferentiableOperation {
    struct Key: Equatable {
        var shape: Shape
        var dtype: DType
        var approximation: GELUApproximation
    }

    let key: Key
    /// dy/dx, like x.
    private var derivative: Tensor?

    init(key: Key) {
        contract(key.dtype == .float32 || key.dtype == .bfloat16, "gelu: \(key.dtype) elements")
        self.key = key
    }

    private var isRounded: Int32 { key.dtype == .bfloat16 ? 1 : 0 }

    /// x -> y, of the same shape.
    func forward(_ x: Tensor, keepsDerivative: Bool, pool: StoragePool) -> Tensor {
        let y = pool.tensor(key.shape, key.dtype)
        derivative = keepsDerivative ? pool.tensor(key.shape, key.dtype) : nil
        lockstep_gelu(
            y.address, derivative?.address, x.address, y.elementCount, isRounded,
            key.approximation == .tanh ? 1 : 0)
        return y
    }

    /// dy -> dx = dy x derivative.
    func backward(_ context: BackwardContext) {
        guard let derivative else { brokenContract("gelu: backward without forward") }
        context.write(0) { dx in
            lockstep_multiply(
                dx.address, context.outputGradient.address, derivative.address, dx.elementCount, isRounded)
        }
    }

    func release() { derivative = nil }
}
