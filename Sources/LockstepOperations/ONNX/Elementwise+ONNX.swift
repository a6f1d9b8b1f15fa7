import LockstepONNX

extension AddOperation: ONNXExportable {
    func export(_ node: ONNXNode) throws(ONNXError) {
        node.elementwise { key.activation.export(node.add("Add", $0), node) }
    }
}

extension MultiplyOperation: ONNXExportable {
    func export(_ node: ONNXNode) throws(ONNXError) { node.elementwise { node.add("Mul", $0) } }
}

extension ScaleOperation: ONNXExportable {
    func export(_ node: ONNXNode) throws(ONNXError) {
        node.elementwise { node.add("Mul", $0 + [node.constant([factor])]) }
    }
}

extension CastOperation: ONNXExportable {
    /// A graph has 32-bit numbers only.
    func export(_ node: ONNXNode) throws(ONNXError) { node.elementwise { $0[0] } }
}

extension BinaryOperation: ONNXExportable {
    /// Operands are broadcast from the last dimension, so images stay [N, H, W, C].
    func export(_ node: ONNXNode) throws(ONNXError) {
        let (a, b) = (node.input(0), node.input(1))
        let y =
            switch key.kind {
            case .add: node.add("Add", [a, b])
            case .subtract: node.add("Sub", [a, b])
            case .multiply: node.add("Mul", [a, b])
            case .divide: node.add("Div", [a, b])
            case .maximum: node.add("Max", [a, b])
            case .minimum: node.add("Min", [a, b])
            case .power: node.add("Pow", [a, b])
            case .swiglu: node.add("Mul", [node.silu(a), b])
            }
        node.output(y)
    }
}
