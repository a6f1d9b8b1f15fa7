import LockstepONNX

extension EmbeddingOperation: ONNXExportable {
    func export(_ node: ONNXNode) throws(ONNXError) {
        guard let ids else { throw ONNXError("an embedding has lost its ids") }
        node.output(node.add("Gather", [node.input(0), try node.name(of: ids)], [.integer("axis", 0)]))
    }
}

extension AddPositionsOperation: ONNXExportable {
    /// The table may have more rows than a sequence has places.
    func export(_ node: ONNXNode) throws(ONNXError) {
        guard case .fixed(let length) = node.shape(0)[1] else {
            throw ONNXError("the length of a sequence depends on the number of samples")
        }
        var table = node.input(1)
        if node.shape(1)[0] != .fixed(length) {
            table = node.add(
                "Slice",
                [
                    table, node.constant(integers: [0]), node.constant(integers: [length]),
                    node.constant(integers: [0]),
                ])
        }
        node.output(node.add("Add", [node.input(0), table]))
    }
}
