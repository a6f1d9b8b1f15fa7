import LockstepONNX

extension RMSNormalizationOperation: ONNXExportable {
    /// By the mean of squares: the operator `RMSNormalization` needs a newer set than most programs read.
    func export(_ node: ONNXNode) throws(ONNXError) {
        let inputs = [node.input(0), node.input(1)]
        let y = node.function("RMSNormalization", inputs, [.float("epsilon", key.epsilon)]) {
            let mean = node.add(
                "ReduceMean", [node.add("Mul", [inputs[0], inputs[0]])],
                [.integers("axes", [-1]), .integer("keepdims", 1)])
            let root = node.add("Sqrt", [node.add("Add", [mean, node.constant([key.epsilon])])])
            return node.add("Mul", [node.add("Div", [inputs[0], root]), inputs[1]])
        }
        node.output(y)
    }
}
