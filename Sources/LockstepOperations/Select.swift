import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// y = a where the mask is not 0, else b, element by element (`where` is a keyword of Swift).
///
/// The gradient goes to the chosen side; the other one gets 0, even where its value is infinite or NaN.
///
/// Shapes: a and b as in `subtract`; the mask is uint8 and has the broadcast shape. The result is bfloat16 if
/// both operands are, else float32.
public func select(_ mask: Tensor, _ a: Variable, _ b: Variable) -> Variable {
    let dtype: DType =
        a.value.dtype == .bfloat16 && b.value.dtype == .bfloat16 ? .bfloat16 : .float32
    guard let shape = a.shape.broadcast(with: b.shape), mask.shape == shape, mask.dtype == .uint8 else {
        brokenContract(
            "select\(Variable.place(a, b)): the mask \(mask.shape) of \(mask.dtype) does not fit \(a.shape) and \(b.shape)"
        )
    }
    let tape = a.tape
    let (a, b) = (cast(a, to: dtype), cast(b, to: dtype))
    let operation = tape.operation(SelectOperation.self, key: .init(a: a.shape, b: b.shape, dtype: dtype)) {
        SelectOperation(key: $0, shape: shape)
    }
    let y = operation.forward(mask, a.value, b.value, pool: tape.pool)
    return tape.record(operation, inputs: a, b, output: y)
}

/// y = x where the mask is not 0, else a number, element by element.
///
/// Shapes: x and y any; the mask [as x], uint8.
public func select(_ mask: Tensor, _ x: Variable, else number: Float) -> Variable {
    let other = x.tape.pool.tensor(Shape())
    other.floats[0] = number
    return select(mask, x, cast(x.tape.constant(other), to: x.value.dtype))
}

/// The operation behind `select`.
final class SelectOperation: DifferentiableOperation {
    struct Key: Equatable {
        var a: Shape
        var b: Shape
        var dtype: DType
    }

    let key: Key
    private let shape: Shape
    private let operands: (a: RepeatedOperand, b: RepeatedOperand)
    private var plan: lockstep_broadcast
    private var mask: Tensor?

    init(key: Key, shape: Shape) {
        self.key = key
        self.shape = shape
        operands = (
            RepeatedOperand(key.a, in: shape, key.dtype), RepeatedOperand(key.b, in: shape, key.dtype)
        )
        plan = lockstep_broadcast(key.a, key.b, result: shape)
    }

    /// mask, a, b -> y.
    func forward(_ mask: Tensor, _ a: Tensor, _ b: Tensor, pool: StoragePool) -> Tensor {
        let y = pool.tensor(shape, key.dtype)
        lockstep_select(&plan, y.address, mask.bytes, a.address, b.address, key.dtype.byteCount)
        self.mask = mask
        return y
    }

    /// dy -> da where the mask is set, db where it is not.
    var readsWholeInputs: Bool { false }

    func backward(_ context: BackwardContext) {
        guard let mask else { brokenContract("select: backward without forward") }
        let dy = context.outputGradient
        operands.a.write(context, 0) { part(dy, mask, wantsZero: 0, $0) }
        operands.b.write(context, 1) { part(dy, mask, wantsZero: 1, $0) }
    }

    private func part(_ dy: Tensor, _ mask: Tensor, wantsZero: Int32, _ result: Tensor) {
        lockstep_select_backward(
            result.address, dy.address, mask.bytes, mask.elementCount, wantsZero, key.dtype.byteCount)
    }

    func release() { mask = nil }
}
