import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// y = a - b, element by element, with broadcasting.
///
/// Shapes: extents are aligned at the last dimension; an extent of 1, or a missing one, is repeated (NumPy's
/// rules): [N, C] and [C], or [N, L, C] and [N, 1, C]. Gradients of repeated elements are summed in a fixed
/// order, in double precision. The result is bfloat16 if both operands are, else float32.
public func subtract(_ a: Variable, _ b: Variable) -> Variable { binary(.subtract, a, b) }

/// y = a / b, element by element, with broadcasting; see `subtract` for shapes and types.
public func divide(_ a: Variable, _ b: Variable) -> Variable { binary(.divide, a, b) }

/// y = the larger of a and b, element by element, with broadcasting; see `subtract` for shapes and types.
///
/// NaN if either is NaN. Where both are equal, each gets half of the gradient, as in PyTorch.
public func maximum(_ a: Variable, _ b: Variable) -> Variable { binary(.maximum, a, b) }

/// y = the smaller of a and b, element by element, with broadcasting; see `maximum`.
public func minimum(_ a: Variable, _ b: Variable) -> Variable { binary(.minimum, a, b) }

/// y = a^b, element by element, with broadcasting; see `subtract` for shapes and types.
///
/// NaN for negative a with non-integer b. `power(_:exponent:)` is for constant exponents.
public func power(_ a: Variable, _ b: Variable) -> Variable { binary(.power, a, b) }

/// y = silu(gate) value, element by element: the gated unit of SwiGLU, in one pass. See `subtract` for shapes
/// and types.
///
/// Source: Shazeer: GLU Variants Improve Transformer (arXiv 2002.05202), equation 6.
public func swiglu(gate: Variable, value: Variable) -> Variable { binary(.swiglu, gate, value) }

/// Records an elementwise operation of two operands.
func binary(_ kind: BinaryOperation.Kind, _ a: Variable, _ b: Variable) -> Variable {
    let dtype: DType =
        a.value.dtype == .bfloat16 && b.value.dtype == .bfloat16 ? .bfloat16 : .float32
    guard let shape = a.shape.broadcast(with: b.shape) else {
        brokenContract(
            "\(kind)\(Variable.place(a, b)): the shapes \(a.shape) and \(b.shape) do not go together")
    }
    let tape = a.tape
    let (a, b) = (cast(a, to: dtype), cast(b, to: dtype))
    let key = BinaryOperation.Key(kind: kind, a: a.shape, b: b.shape, dtype: dtype)
    let operation = tape.operation(BinaryOperation.self, key: key) {
        BinaryOperation(key: $0, shape: shape)
    }
    let y = operation.forward(a.value, b.value, pool: tape.pool)
    return tape.record(operation, inputs: a, b, output: y)
}

/// The operation behind all elementwise functions of two operands, whose shapes may differ.
final class BinaryOperation: DifferentiableOperation {
    enum Kind {
        case add
        case subtract
        case multiply
        case divide
        case maximum
        case minimum
        case power
        case swiglu

        var kernel: lockstep_binary_kind {
            switch self {
            case .add: LOCKSTEP_BINARY_ADD
            case .subtract: LOCKSTEP_BINARY_SUBTRACT
            case .multiply: LOCKSTEP_BINARY_MULTIPLY
            case .divide: LOCKSTEP_BINARY_DIVIDE
            case .maximum: LOCKSTEP_BINARY_MAXIMUM
            case .minimum: LOCKSTEP_BINARY_MINIMUM
            case .power: LOCKSTEP_BINARY_POWER
            case .swiglu: LOCKSTEP_BINARY_SWIGLU
            }
        }
    }

    struct Key: Equatable {
        var kind: Kind
        var a: Shape
        var b: Shape
        var dtype: DType
    }

    let key: Key
    private let shape: Shape
    private let kernel: lockstep_binary_kind
    private let isRounded: Int32
    private let operands: (a: RepeatedOperand, b: RepeatedOperand)
    private var plan: lockstep_broadcast
    private var saved: (a: Tensor, b: Tensor)?

    init(key: Key, shape: Shape) {
        self.key = key
        self.shape = shape
        kernel = key.kind.kernel
        isRounded = key.dtype == .bfloat16 ? 1 : 0
        operands = (
            RepeatedOperand(key.a, in: shape, key.dtype), RepeatedOperand(key.b, in: shape, key.dtype)
        )
        plan = lockstep_broadcast(key.a, key.b, result: shape)
    }

    /// a, b -> y, with the broadcast shape.
    func forward(_ a: Tensor, _ b: Tensor, pool: StoragePool) -> Tensor {
        let y = pool.tensor(shape, key.dtype)
        lockstep_binary_forward(kernel, &plan, y.address, a.address, b.address, isRounded)
        saved = (a, b)
        return y
    }

    /// dy -> da, db, each summed over the repetitions of the operand.
    func backward(_ context: BackwardContext) {
        guard let saved else { brokenContract("\(key.kind): backward without forward") }
        let dy = context.outputGradient
        if key.kind == .add || key.kind == .subtract {
            operands.a.pass(context, 0, dy)
        } else {
            operands.a.write(context, 0) { derive(0, saved, dy, $0) }
        }
        if key.kind == .add { return operands.b.pass(context, 1, dy) }
        operands.b.write(context, 1) { derive(1, saved, dy, $0) }
    }

    private func derive(_ operand: Int32, _ saved: (a: Tensor, b: Tensor), _ dy: Tensor, _ result: Tensor) {
        lockstep_binary_backward(
            kernel, operand, &plan, result.address, dy.address, saved.a.address, saved.b.address, isRounded)
    }

    func release() { saved = nil }
}
