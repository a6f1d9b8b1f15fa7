import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// The operation behind `recurrent`: T steps of N samples and H units with G gates, after the input's
/// contribution.
final class RecurrentOperation: DifferentiableOperation {
    struct Key: Equatable {
        var cell: RecurrentCell
        var steps: Int
        var samples: Int
        var units: Int
        var dtype: DType
        var isReversed: Bool
    }

    /// The inputs of forward.
    struct Inputs {
        /// W x + b: [T, N, G H], or with ids [entries, G H].
        var input: Tensor
        /// [T, N], each below the entries.
        var ids: Tensor?
        /// U, [G H, H].
        var weight: Tensor
        /// c, [G H].
        var bias: Tensor
        var version: UInt64?
        /// The state before the first step, replaced by the one after the last one; nil for zeros.
        var carried: RecurrentState?
    }

    struct Saved {
        var inputs: Inputs
        /// h, [T, N, H].
        var y: Tensor
        /// [T, N, 4, H]; nothing for a vanilla cell.
        var gates: Tensor
        /// An LSTM's c, [T, N, H].
        var memory: Tensor
    }

    let key: Key
    private let products: RecurrentProducts
    /// Zeros for the state before the first step, and for the gradient after the last one.
    private let zeros: Tensor
    private var layer: lockstep_recurrent
    private(set) var saved: Saved?

    init(key: Key) {
        self.key = key
        products = RecurrentProducts(key)
        zeros = Tensor(zeros: Shape(key.samples, key.cell.gates * key.units))
        layer = lockstep_recurrent(
            cell: key.cell.kernel, is_rounded: key.dtype == .bfloat16 ? 1 : 0, samples: key.samples,
            units: key.units)
    }

    private var rows: Int { key.cell.gates * key.units }
    private var isEmpty: Bool { key.steps * key.samples == 0 }
    private var keepsGates: Bool { key.cell == .lstm || key.cell == .gru }

    /// The address of a step in a tensor with rows of `width` elements, one per step and sample.
    private func part(_ tensor: Tensor, _ step: Int, _ width: Int) -> UnsafeMutableRawPointer {
        tensor.address + step * key.samples * width * tensor.dtype.byteCount
    }

    private func floats(_ tensor: Tensor, _ step: Int, _ width: Int) -> UnsafeMutablePointer<Float> {
        tensor.floats + step * key.samples * width
    }

    /// The time of the n-th step.
    private func time(_ step: Int) -> Int { key.isReversed ? key.steps - 1 - step : step }

    /// The input's contribution -> y [T, N, H].
    /// - Parameter keepsSteps: whether backward may follow: then every step's intermediate values are kept.
    func forward(_ inputs: Inputs, keepsSteps: Bool, pool: StoragePool) -> Tensor {
        let y = pool.tensor(Shape(key.steps, key.samples, key.units), key.dtype)
        guard !isEmpty else { return y }
        let kept = keepsSteps ? key.steps : 1
        let gates = pool.tensor(Shape(keepsGates ? kept : 0, key.samples, 4, key.units), key.dtype)
        let memory = pool.tensor(Shape(key.cell == .lstm ? kept : 0, key.samples, key.units))
        let product = pool.tensor(Shape(key.samples, rows))
        let carried = inputs.carried
        let firstProduct = carried == nil ? 1 : 0
        let weight =
            key.steps > firstProduct ? products.forward.packed(inputs.weight, version: inputs.version) : nil
        for n in 0..<key.steps {
            let (now, before) = (time(n), n == 0 ? 0 : time(n - 1))
            let stateBefore = n == 0 ? (carried?.state ?? zeros).address : part(y, before, key.units)
            if n >= firstProduct, let weight {
                products.forward.execute(stateBefore, weight, product.address)
            }
            var step = lockstep_recurrent_forward(
                input: inputs.ids == nil ? part(inputs.input, now, rows) : inputs.input.address,
                ids: inputs.ids.map { UnsafePointer($0.int32s + now * key.samples) },
                product: n < firstProduct ? zeros.floats : product.floats, bias: inputs.bias.floats,
                state_before: stateBefore,
                memory_before: n == 0
                    ? (carried?.memory ?? zeros).floats : floats(memory, keepsSteps ? before : 0, key.units),
                state: part(y, now, key.units), memory: floats(memory, keepsSteps ? now : 0, key.units),
                gates: part(gates, keepsSteps ? now : 0, 4 * key.units))
            lockstep_recurrent_step(&layer, &step)
        }
        if let carried {
            carried.state.copy(from: y.rows(key.steps - 1..<key.steps).reshaped(to: carried.state.shape))
            if key.cell == .lstm {
                carried.memory.copy(from: memory.reshaped(to: carried.memory.shape))
            }
        }
        saved = Saved(inputs: inputs, y: y, gates: gates, memory: memory)
        return y
    }

    /// dy [T, N, H] -> the gradients of the input's contribution, of U and of c.
    func backward(_ context: BackwardContext) {
        guard !isEmpty else { return context.writeZeros(inputs: 3) }
        guard let saved else { brokenContract("recurrent: backward without forward") }
        let recurrent = context.pool.tensor(Shape(key.steps, key.samples, rows), key.dtype)
        if saved.inputs.ids == nil {
            let separate = key.cell == .gru ? context.pool.tensor(recurrent.shape, key.dtype) : nil
            walk(saved, context, recurrent, input: separate, table: nil)
            context.passThrough(0, separate ?? recurrent)
        } else {
            let table = context.pool.tensor(saved.inputs.input.shape)
            table.fillWithZeros()
            walk(saved, context, recurrent, input: nil, table: table)
            context.write(0) { $0.convert(from: table) }
        }
        context.write(1) { dWeight in
            guard key.steps > 1 else { return dWeight.fillWithZeros() }
            let (now, before) = key.isReversed ? (0, 1) : (1, 0)
            products.weightGradient(
                part(recurrent, now, rows), part(saved.y, before, key.units), dWeight.address)
        }
        context.write(2) { columnSums(recurrent, rows: key.steps * key.samples, to: $0) }
    }

    /// The steps from the last to the first: the gradients of U h + c, [T, N, G H], and of the input's
    /// contribution.
    private func walk(
        _ saved: Saved, _ context: BackwardContext, _ recurrent: Tensor, input: Tensor?, table: Tensor?
    ) {
        let dy = context.outputGradient
        let product = context.pool.tensor(Shape(key.samples, key.units))
        let carry = context.pool.tensor(Shape(key.samples, key.units))
        carry.fillWithZeros()
        let (inputs, ids) = (saved.inputs, saved.inputs.ids)
        let weight = key.steps > 1 ? products.backward.packed(inputs.weight, version: inputs.version) : nil
        for n in (0..<key.steps).reversed() {
            let (now, before) = (time(n), n == 0 ? 0 : time(n - 1))
            var step = lockstep_recurrent_backward(
                state_gradient: part(dy, now, key.units),
                product: n == key.steps - 1 ? zeros.floats : product.floats, carry: carry.floats,
                gates: part(saved.gates, now, 4 * key.units), state: part(saved.y, now, key.units),
                state_before: n == 0 ? zeros.address : part(saved.y, before, key.units),
                memory: floats(saved.memory, now, key.units),
                memory_before: n == 0 ? zeros.floats : floats(saved.memory, before, key.units),
                recurrent_gradient: part(recurrent, now, rows),
                input_gradient: input.map { part($0, now, rows) },
                table_gradient: table?.floats,
                ids: ids.map { UnsafePointer($0.int32s + now * key.samples) })
            lockstep_recurrent_step_backward(&layer, &step)
            if n > 0, let weight {
                products.backward.execute(part(recurrent, now, rows), weight, product.address)
            }
        }
    }

    func release() { saved = nil }
}
