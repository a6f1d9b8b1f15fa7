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
        let (x, whole) = (node.input(0), node.input(1))
        let y = node.function("AddPositions", [x, whole]) {
            guard node.shape(1)[0] != .fixed(length) || firstStep > 0 else {
                return node.add("Add", [x, whole])
            }
            let bounds = [firstStep, firstStep + length, 0].map { node.constant(integers: [$0]) }
            return node.add("Add", [x, node.add("Slice", [whole] + bounds)])
        }
        node.output(y)
    }
}
