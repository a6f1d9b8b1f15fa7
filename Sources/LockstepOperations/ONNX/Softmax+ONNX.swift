import LockstepONNX

extension SoftmaxOperation: ONNXExportable {
    func export(_ node: ONNXNode) throws(ONNXError) {
        node.output(node.add("Softmax", [node.input(0)], [.integer("axis", -1)]))
    }
}

extension LogSoftmaxOperation: ONNXExportable {
    func export(_ node: ONNXNode) throws(ONNXError) {
        node.output(node.add("LogSoftmax", [node.input(0)], [.integer("axis", -1)]))
    }
}
