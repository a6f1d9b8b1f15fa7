import LockstepONNX

extension ReshapeOperation: ONNXExportable {
    /// The number of steps of [N, L, ...] stays as it is: a module for PyTorch takes shorter sequences, too.
    func export(_ node: ONNXNode) throws(ONNXError) {
        var target = try node.reshapeTarget()
        let (before, after) = (node.shape(0), node.outputShape)
        if before.count > 2, after.count > 2, before[0...1] == after[0...1] { target[1] = 0 }
        node.output(node.add("Reshape", [node.input(0), node.constant(integers: target)]))
    }
}

extension FlattenOperation: ONNXExportable {
    /// In the order (C, H, W).
    func export(_ node: ONNXNode) throws(ONNXError) {
        node.output(node.add("Flatten", [node.channelsFirst(0)], [.integer("axis", 1)]))
    }
}

extension SwapLeadingOperation: ONNXExportable {
    func export(_ node: ONNXNode) throws(ONNXError) {
        let order = [1, 0] + Array(2..<max(2, node.outputShape.count))
        node.output(node.add("Transpose", [node.input(0)], [.integers("perm", order)]))
    }
}

extension PermuteOperation: ONNXExportable {
    func export(_ node: ONNXNode) throws(ONNXError) {
        let order = (0..<key.axes.count).map { key.x.dimension(key.axes[$0], "permute") }
        node.output(node.add("Transpose", [node.input(0)], [.integers("perm", order)]))
    }
}

extension ConcatenateOperation: ONNXExportable {
    func export(_ node: ONNXNode) throws(ONNXError) {
        node.output(
            node.add(
                "Concat", (0..<node.inputCount).map { node.input($0) }, [.integer("axis", key.axis)]))
    }
}

extension SliceOperation: ONNXExportable {
    func export(_ node: ONNXNode) throws(ONNXError) {
        guard case .fixed = node.shape(0)[key.dimension] else {
            throw ONNXError("a slice of samples depends on their number")
        }
        let end = key.start + (key.count - 1) * key.step + 1
        node.output(
            node.add(
                "Slice",
                [
                    node.input(0), node.constant(integers: [key.start]), node.constant(integers: [end]),
                    node.constant(integers: [key.dimension]), node.constant(integers: [key.step]),
                ]))
    }
}

extension ReduceAxesOperation: ONNXExportable {
    func export(_ node: ONNXNode) throws(ONNXError) {
        let axes = (0..<key.x.rank).filter { key.axes >> UInt32($0) & 1 == 1 }
        let keeps = ONNXAttribute.integer("keepdims", node.outputShape.count == key.x.rank ? 1 : 0)
        let x = node.input(0)
        func reduce(_ type: String) -> String {
            node.add(type, [x], [.integers("axes", axes), keeps])
        }
        let y =
            switch key.kind {
            case .sum: node.add("ReduceSum", [x, node.constant(integers: axes)], [keeps])
            case .mean: reduce("ReduceMean")
            case .maximum: reduce("ReduceMax")
            case .minimum: reduce("ReduceMin")
            }
        node.output(y)
    }
}
