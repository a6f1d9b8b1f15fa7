import LockstepAutograd
import LockstepONNX

extension RecurrentOperation: ONNXExportable {
    /// One operator for the layer, which includes the product W x + b before it.
    func export(_ node: ONNXNode) throws(ONNXError) {
        guard let (linear, before) = node.producer(0), linear is LinearOperation,
            let inputWeight = before.parameter(1), let inputBias = before.parameter(2),
            let stateWeight = node.parameter(1), let stateBias = node.parameter(2)
        else { throw ONNXError("a recurrent layer does not read the result of its own product") }
        var x = before.input(0)
        if let ids = saved?.inputs.ids {
            x = node.add("Gather", [x, try node.name(of: ids)], [.integer("axis", 0)])
        }
        let rows = key.cell.gates * key.units
        let parameters = [before.input(1), node.input(1), before.input(2), node.input(2)]
        let y = node.function(
            key.cell.operatorName, [x] + parameters,
            [
                .integer("hidden_size", key.units), .integer("is_reversed", key.isReversed ? 1 : 0),
                .text("activation", key.cell == .relu ? "relu" : "tanh"),
            ]
        ) {
            let y = node.add(
                key.cell.operatorName,
                [
                    x, node.constant(ordered(inputWeight), shape: [1, rows, inputWeight.shape[1]]),
                    node.constant(ordered(stateWeight), shape: [1, rows, key.units]),
                    node.constant(ordered(inputBias) + ordered(stateBias), shape: [1, 2 * rows]),
                ],
                [
                    .integer("hidden_size", key.units),
                    .text("direction", key.isReversed ? "reverse" : "forward"),
                ] + key.cell.attributes)
            // [T, directions, N, H] to [T, N, H].
            return node.add("Squeeze", [y, node.constant(integers: [1])])
        }
        node.output(y)
    }

    /// A parameter [G H, ...] with its gates in the order of ONNX.
    private func ordered(_ parameter: Parameter) -> [Float] {
        let size = parameter.elementCount / key.cell.gates
        return key.cell.gateOrder.flatMap { gate in
            UnsafeBufferPointer(start: parameter.value.floats + gate * size, count: size)
        }
    }
}

extension RecurrentCell {
    fileprivate var operatorName: String {
        switch self {
        case .tanh, .relu: "RNN"
        case .lstm: "LSTM"
        case .gru: "GRU"
        }
    }

    /// The places of ONNX's gates in PyTorch's order: i, o, f, c of i, f, g, o; z, r, h of r, z, n.
    fileprivate var gateOrder: [Int] {
        switch self {
        case .tanh, .relu: [0]
        case .lstm: [0, 3, 1, 2]
        case .gru: [1, 0, 2]
        }
    }

    fileprivate var attributes: [ONNXAttribute] {
        switch self {
        case .tanh: [.texts("activations", ["Tanh"])]
        case .relu: [.texts("activations", ["Relu"])]
        case .lstm: []
        // r is applied to U h + c, as in PyTorch.
        case .gru: [.integer("linear_before_reset", 1)]
        }
    }
}
