import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// y = e^x, element by element; any shape, float32 or bfloat16.
public func exp(_ x: Variable) -> Variable { unary(LOCKSTEP_UNARY_EXP, x) }

/// y = the natural logarithm of x, element by element: -infinity at 0, NaN below. Any shape, float32 or
/// bfloat16.
public func log(_ x: Variable) -> Variable { unary(LOCKSTEP_UNARY_LOG, x) }

/// y = the square root of x, element by element: NaN below 0. Any shape, float32 or bfloat16.
public func sqrt(_ x: Variable) -> Variable { unary(LOCKSTEP_UNARY_SQRT, x) }

/// y = x^2, element by element; any shape, float32 or bfloat16.
public func square(_ x: Variable) -> Variable { unary(LOCKSTEP_UNARY_SQUARE, x) }

/// y = |x|, element by element; the slope at 0 is 0. Any shape, float32 or bfloat16.
public func abs(_ x: Variable) -> Variable { unary(LOCKSTEP_UNARY_ABS, x) }

/// y = x^exponent, element by element: NaN for negative x with a non-integer exponent. Any shape, float32 or
/// bfloat16.
///
/// Exponents of 1/2, 1, 2 and -1 use the faster `sqrt`, x itself, `square` and division.
public func power(_ x: Variable, exponent: Float) -> Variable {
    switch exponent {
    case 0.5: sqrt(x)
    case 1: x
    case 2: square(x)
    case -1: unary(LOCKSTEP_UNARY_INVERSE, x, 1)
    default: unary(LOCKSTEP_UNARY_POWER, x, exponent)
    }
}

/// y = x clamped to lower ... upper, element by element; NaN stays NaN. Any shape, float32 or bfloat16.
///
/// The slope is 1 between the bounds and on them, else 0, as in PyTorch. Traps unless lower <= upper.
public func clamp(_ x: Variable, lower: Float = -.infinity, upper: Float = .infinity) -> Variable {
    guard lower <= upper else {
        brokenContract("clamp\(x.place): the lower bound \(lower) is above \(upper)")
    }
    return unary(LOCKSTEP_UNARY_CLAMP, x, lower, upper)
}

/// y = log(1 + e^(beta x)) / beta, element by element: a smooth max(x, 0). Any shape, float32 or bfloat16.
/// Traps unless beta > 0.
public func softplus(_ x: Variable, beta: Float = 1) -> Variable {
    guard beta > 0 else { brokenContract("softplus\(x.place): beta \(beta) is not above 0") }
    return unary(LOCKSTEP_UNARY_SOFTPLUS, x, beta)
}

/// y = x / (1 + e^-x), element by element (also called swish). Any shape, float32 or bfloat16.
///
/// Source: Elfwing, Uchibe, Doya: Sigmoid-Weighted Linear Units (arXiv 1702.03118), equation 4.
public func silu(_ x: Variable) -> Variable { unary(LOCKSTEP_UNARY_SILU, x) }

/// Records an elementwise function of one operand and up to two constants, which may change from step to
/// step.
func unary(_ kind: lockstep_unary_kind, _ x: Variable, _ a: Float = 0, _ b: Float = 0) -> Variable {
    let tape = x.tape
    let key = UnaryOperation.Key(kind: kind, dtype: x.value.dtype)
    let operation = tape.operation(UnaryOperation.self, key: key) { UnaryOperation(key: $0) }
    let y = operation.forward(x.value, a, b, pool: tape.pool)
    return tape.record(operation, inputs: x, output: y)
}

/// The operation behind the elementwise functions of one operand.
final class UnaryOperation: DifferentiableOperation {
    struct Key: Equatable {
        var kind: lockstep_unary_kind
        var dtype: DType
    }

    let key: Key
    private let isRounded: Int32
    private let savesOutput: Bool
    private(set) var constants: (a: Float, b: Float) = (0, 0)
    /// x, or y if the derivative is a function of y.
    private var saved: Tensor?

    init(key: Key) {
        contract(
            key.dtype == .float32 || key.dtype == .bfloat16, "elementwise function: \(key.dtype) elements")
        self.key = key
        isRounded = key.dtype == .bfloat16 ? 1 : 0
        savesOutput = lockstep_unary_saves_output(key.kind) != 0
    }

    func forward(_ x: Tensor, _ a: Float, _ b: Float, pool: StoragePool) -> Tensor {
        let y = pool.tensor(x.shape, key.dtype)
        lockstep_unary_forward(key.kind, y.address, x.address, x.elementCount, a, b, isRounded)
        constants = (a, b)
        saved = savesOutput ? y : x
        return y
    }

    func backward(_ context: BackwardContext) {
        guard let saved else { brokenContract("elementwise function: backward without forward") }
        context.write(0, as: key.dtype) { dx in
            lockstep_unary_backward(
                key.kind, dx.address, context.outputGradient.address, saved.address, saved.elementCount,
                constants.a, constants.b, isRounded)
        }
    }

    func release() { saved = nil }
}
