import CKernels
internal import COneDNN
import LockstepAutograd
import LockstepTensors

/// One recurrent layer in one direction over whole sequences, from a zero state: the states h of all steps.
///
/// Shapes: x [T, N, I] (time first), inputWeight [G H, I], stateWeight [G H, H], both biases [G H]; result [T, N, H].
/// - Parameter isReversed: whether the sequence is read from its end; the result's order is that of x.
public func recurrent(
    _ x: Variable, cell: RecurrentCell, inputWeight: Parameter, stateWeight: Parameter, inputBias: Parameter,
    stateBias: Parameter, isReversed: Bool = false
) -> Variable {
    let tape = x.tape
    let (wi, ws) = (tape.variable(inputWeight), tape.variable(stateWeight))
    let (bi, bs) = (tape.variable(inputBias), tape.variable(stateBias))
    let x = cast(x, to: wi.value.dtype)
    let units = stateWeight.shape.rank == 2 ? stateWeight.shape[1] : 0
    let rows = cell.gates * units
    guard x.shape.rank == 3, wi.shape == Shape(rows, x.shape[2]), ws.shape == Shape(rows, units),
        bi.shape == Shape(rows), bs.shape == bi.shape
    else {
        preconditionFailure(
            "recurrent \(inputWeight.name): x \(x.shape) does not fit weights \(wi.shape) and \(ws.shape)")
    }
    let key = RecurrentOperation.Key(
        cell: cell, x: x.shape, dtype: x.value.dtype, units: units, isReversed: isReversed)
    let operation = tape.operation(RecurrentOperation.self, key: key) { RecurrentOperation(key: $0) }
    let version = tape.parameterVersion == 0 ? nil : tape.parameterVersion
    let y = operation.forward(
        x.value, .init(input: wi.value, state: ws.value), (bi.value, bs.value), version: version,
        pool: tape.pool)
    return tape.record(operation, inputs: x, wi, ws, bi, bs, output: y)
}

/// The operation behind `recurrent`.
final class RecurrentOperation: DifferentiableOperation {
    struct Key: Equatable {
        var cell: RecurrentCell
        var x: Shape
        var dtype: DType
        var units: Int
        var isReversed: Bool
    }

    /// The two matrices of weights.
    struct Weights {
        var input: Tensor
        var state: Tensor
    }

    let key: Key
    private let outputShape: Shape
    /// oneDNN's one bias, [G H] or for a GRU [4 H].
    private let bias: Tensor
    /// The state before the first step, [N, H].
    private let zeros: Tensor
    private var saved: Saved?

    private struct Saved {
        var x: Tensor
        var weights: Weights
        var version: UInt64?
        var y: Tensor
        var workspace: Tensor
    }

    private lazy var forward = DNNPrimitive("recurrent forward") {
        var parameters = parameters
        return lockstep_dnn_recurrent_forward_create($0, &parameters)
    }
    private lazy var backward = DNNPrimitive("recurrent backward") { made in
        var parameters = parameters
        return forward.query { lockstep_dnn_recurrent_backward_create(made, &parameters, $0) }
    }
    private lazy var workspaceByteCount = forward.query { lockstep_dnn_recurrent_workspace_bytes($0) }
    private lazy var forwardWeights = RecurrentWeights(parameters, key.cell, user: forward)
    private lazy var backwardWeights = RecurrentWeights(parameters, key.cell, user: backward)
    private lazy var gradients = RecurrentGradients(parameters, key.cell, backward: backward)

    init(key: Key) {
        self.key = key
        outputShape = Shape(key.x[0], key.x[1], key.units)
        bias = Tensor(zeros: Shape(Int(lockstep_dnn_cell_bias_rows(key.cell.dnn)) * key.units))
        zeros = Tensor(zeros: Shape(key.x[1], key.units))
    }

    private var parameters: lockstep_dnn_recurrent {
        lockstep_dnn_recurrent(
            cell: key.cell.dnn, steps: Int64(key.x[0]), samples: Int64(key.x[1]), inputs: Int64(key.x[2]),
            units: Int64(key.units), is_reversed: key.isReversed ? 1 : 0, type: key.dtype.dnn)
    }

    /// x [T, N, I] -> y [T, N, H].
    func forward(
        _ x: Tensor, _ weights: Weights, _ biases: (input: Tensor, state: Tensor), version: UInt64?,
        pool: StoragePool
    ) -> Tensor {
        let y = pool.tensor(outputShape, key.dtype)
        guard x.elementCount > 0 else { return y }
        joinBiases(biases.input.floats, biases.state.floats)
        let workspace = pool.tensor(Shape(max(1, workspaceByteCount)), .uint8)
        let packed = forwardWeights.current(weights, version: version)
        forward.execute {
            lockstep_dnn_recurrent_forward_execute(
                $0, x.address, packed.input, packed.state, bias.floats, zeros.address, y.address,
                workspace.address)
        }
        saved = Saved(x: x, weights: weights, version: version, y: y, workspace: workspace)
        return y
    }

    /// dy [T, N, H] -> dx [T, N, I], gradients of both weights and both biases.
    func backward(_ context: BackwardContext) {
        guard key.x.elementCount > 0 else { return context.writeZeros(inputs: 5) }
        guard let saved else { preconditionFailure("recurrent: backward without forward") }
        let pool = context.pool
        let dy = floats(context.outputGradient, pool)
        let dx = pool.tensor(key.x)
        let dBias = pool.tensor(bias.shape)
        dBias.fillWithZeros()
        let (dInput, dState) = gradients.cleared(pool)
        let (dState0, dCell0) = (pool.tensor(zeros.shape), pool.tensor(zeros.shape))
        let packed = backwardWeights.current(saved.weights, version: saved.version)
        var arguments = lockstep_dnn_recurrent_backward(
            x: saved.x.address, input_weights: packed.input, state_weights: packed.state, bias: bias.floats,
            zeros: zeros.address, y: saved.y.address, workspace: saved.workspace.address, dy: dy.floats,
            dx: dx.floats,
            dstate: dState0.floats, dcell: dCell0.floats,
            dinput_weights: dInput.floats, dstate_weights: dState.floats, dbias: dBias.floats)
        backward.execute { lockstep_dnn_recurrent_backward_execute($0, &arguments) }
        context.write(0) { $0.convert(from: dx) }
        context.write(1) { gradients.unpack(dInput, .input, to: $0, pool) }
        context.write(2) { gradients.unpack(dState, .state, to: $0, pool) }
        context.write(3) { splitBias(dBias.floats, $0.floats, ofState: false) }
        context.write(4) { splitBias(dBias.floats, $0.floats, ofState: true) }
    }

    private func floats(_ gradient: Tensor, _ pool: StoragePool) -> Tensor {
        guard gradient.dtype != .float32 else { return gradient }
        let wide = pool.tensor(gradient.shape)
        wide.convert(from: gradient)
        return wide
    }

    private func joinBiases(_ input: UnsafePointer<Float>, _ state: UnsafePointer<Float>) {
        let units = key.units
        for gate in 0..<key.cell.gates {
            let from = key.cell.gate(gate) * units
            let isSeparate = key.cell == .gru && gate == 2
            for unit in 0..<units {
                bias.floats[gate * units + unit] = input[from + unit] + (isSeparate ? 0 : state[from + unit])
                if isSeparate { bias.floats[3 * units + unit] = state[from + unit] }
            }
        }
    }

    /// The gradient of one of PyTorch's biases from oneDNN's one.
    private func splitBias(
        _ joined: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>, ofState: Bool
    ) {
        let units = key.units
        for gate in 0..<key.cell.gates {
            let row = key.cell == .gru && gate == 2 && ofState ? 3 : gate
            (result + key.cell.gate(gate) * units).update(from: joined + row * units, count: units)
        }
    }

    func release() { saved = nil }
}
