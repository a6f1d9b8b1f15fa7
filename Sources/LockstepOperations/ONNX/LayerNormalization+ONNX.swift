import LockstepONNX

extension LayerNormalizationOperation: ONNXExportable {
    func export(_ node: ONNXNode) throws(ONNXError) {
        node.output(
            node.add(
                "LayerNormalization", [node.input(0), node.input(1), node.input(2)],
                [.integer("axis", -1), .float("epsilon", key.epsilon)]))
    }
}
