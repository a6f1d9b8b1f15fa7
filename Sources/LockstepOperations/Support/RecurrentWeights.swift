internal import COneDNN
import LockstepTensors

/// A recurrent layer's weights in the layouts that a primitive reads, refreshed once per step (see `PackedWeights`).
final class RecurrentWeights {
    private let input: PackedWeights
    private let state: PackedWeights

    /// The weights of `user`, a forward or backward primitive.
    init(_ parameters: lockstep_dnn_recurrent, _ cell: RecurrentCell, user: DNNPrimitive) {
        func packed(_ which: lockstep_dnn_recurrent_weights) -> PackedWeights {
            var parameters = parameters
            let pack = DNNPrimitive("packing of recurrent weights") { made in
                user.query { lockstep_dnn_recurrent_pack_create(made, &parameters, $0, which) }
            }
            let order = cell == .gru ? GateOrder(cell) : nil
            return PackedWeights(
                pack: pack, byteCount: user.query { lockstep_dnn_recurrent_weights_bytes($0, which) },
                arrange: order.map { order in { order.arranged($0) } })
        }
        input = packed(LOCKSTEP_DNN_INPUT_WEIGHTS)
        state = packed(LOCKSTEP_DNN_STATE_WEIGHTS)
    }

    /// The weights as the primitive reads them.
    func current(
        _ weights: RecurrentOperation.Weights, version: UInt64?
    ) -> (input: UnsafeRawPointer, state: UnsafeRawPointer) {
        (input.current(weights.input, version: version), state.current(weights.state, version: version))
    }
}

/// Where a recurrent primitive writes the gradients of its weights, and how they come to PyTorch's layout.
final class RecurrentGradients {
    /// Which of the two matrices.
    enum Which {
        case input
        case state
    }

    private let counts: (input: Int, state: Int)
    private let unpackInput: DNNPrimitive
    private let unpackState: DNNPrimitive
    private let order: GateOrder?

    /// The gradients of `backward`.
    init(_ parameters: lockstep_dnn_recurrent, _ cell: RecurrentCell, backward: DNNPrimitive) {
        func unpack(_ which: lockstep_dnn_recurrent_weights) -> DNNPrimitive {
            var parameters = parameters
            return DNNPrimitive("unpacking of a recurrent gradient") { made in
                backward.query { lockstep_dnn_recurrent_unpack_create(made, &parameters, $0, which) }
            }
        }
        unpackInput = unpack(LOCKSTEP_DNN_INPUT_WEIGHTS)
        unpackState = unpack(LOCKSTEP_DNN_STATE_WEIGHTS)
        counts = backward.query {
            (
                lockstep_dnn_recurrent_gradient_bytes($0, LOCKSTEP_DNN_INPUT_WEIGHTS) / 4,
                lockstep_dnn_recurrent_gradient_bytes($0, LOCKSTEP_DNN_STATE_WEIGHTS) / 4
            )
        }
        order = cell == .gru ? GateOrder(cell) : nil
    }

    /// Memory for both gradients, zero: oneDNN adds to it.
    func cleared(_ pool: StoragePool) -> (Tensor, Tensor) {
        let (input, state) = (pool.tensor(Shape(counts.input)), pool.tensor(Shape(counts.state)))
        input.fillWithZeros()
        state.fillWithZeros()
        return (input, state)
    }

    /// Brings a gradient to PyTorch's layout.
    func unpack(_ packed: Tensor, _ which: Which, to result: Tensor, _ pool: StoragePool) {
        let target = order == nil ? result : pool.tensor(result.shape)
        (which == .input ? unpackInput : unpackState).execute {
            lockstep_dnn_packing_execute($0, packed.address, target.address)
        }
        order?.restore(target, to: result)
    }
}

/// Moves the gates of a GRU's weights [3 H, I] between PyTorch's order and oneDNN's.
final class GateOrder {
    private let cell: RecurrentCell
    private var storage: Storage?

    init(_ cell: RecurrentCell) { self.cell = cell }

    /// The weights with oneDNN's order of gates; valid until the next call.
    func arranged(_ weight: Tensor) -> Tensor {
        let storage = storage ?? Storage(byteCount: weight.byteCount)
        self.storage = storage
        let result = Tensor(storage: storage, byteOffset: 0, shape: weight.shape, dtype: weight.dtype)
        let bytes = weight.byteCount / cell.gates
        for gate in 0..<cell.gates {
            (result.address + gate * bytes).copyMemory(
                from: weight.address + cell.gate(gate) * bytes, byteCount: bytes)
        }
        return result
    }

    /// A gradient with oneDNN's order of gates in PyTorch's.
    func restore(_ gradient: Tensor, to result: Tensor) {
        let bytes = gradient.byteCount / cell.gates
        for gate in 0..<cell.gates {
            (result.address + cell.gate(gate) * bytes).copyMemory(
                from: gradient.address + gate * bytes, byteCount: bytes)
        }
    }
}
