import LockstepONNX

extension LinearOperation: ONNXExportable {
    /// A matrix is one `Gemm`; of a sequence the weight is transposed for `MatMul`; an image is flattened as [C, H, W].
    func export(_ node: ONNXNode) throws(ONNXError) {
        guard key.x.rank == 3 else {
            let rows =
                key.x.rank == 4
                ? node.add("Flatten", [node.channelsFirst(0)], [.integer("axis", 1)]) : node.input(0)
            let y = node.add(
                "Gemm", [rows, node.input(1)] + (key.hasBias ? [node.input(2)] : []), [.integer("transB", 1)])
            return node.output(key.activation.export(y, node))
        }
        let inputs = (0..<node.inputCount).map { node.input($0) }
        let y = node.function("Linear", inputs) {
            let product = node.add(
                "MatMul", [inputs[0], node.add("Transpose", [inputs[1]], [.integers("perm", [1, 0])])])
            return key.hasBias ? node.add("Add", [product, inputs[2]]) : product
        }
        node.output(key.activation.export(y, node))
    }
}
