import LockstepONNX

extension AttentionOperation: ONNXExportable {
    /// softmax(q k^T / sqrt(D) + mask) v for all heads at once: [N, H, L, D].
    func export(_ node: ONNXNode) throws(ONNXError) {
        guard saved?.lengths == nil else {
            throw ONNXError(
                "attention to sequences with lengths has no ONNX operators here; export a network without lengths"
            )
        }
        let (length, width) = (key.qkv[1], key.qkv[2] / 3)
        let dimension = width / key.heads
        let qkv = node.input(0)
        let y = node.function(
            "Attention", [qkv],
            [.integer("heads", key.heads), .integer("is_causal", key.isCausal ? 1 : 0)]
        ) {
            let parts = node.add("Split", [qkv], [.integer("axis", 2)], outputs: 3)
            func heads(_ name: String, _ order: [Int]) -> String {
                let extents = node.constant(integers: [0, 0, key.heads, dimension])
                let split = node.add("Reshape", [name, extents])
                return node.add("Transpose", [split], [.integers("perm", order)])
            }
            let query = node.add(
                "Mul", [heads(parts[0], [0, 2, 1, 3]), node.constant([1 / Float(dimension).squareRoot()])])
            var scores = node.add("MatMul", [query, heads(parts[1], [0, 2, 3, 1])])
            if key.isCausal {
                let mask = (0..<length * length).map { $0 % length > $0 / length ? -Float.infinity : 0 }
                scores = node.add("Add", [scores, node.constant(mask, shape: [length, length])])
            }
            let probabilities = node.add("Softmax", [scores], [.integer("axis", -1)])
            let mixed = node.add("MatMul", [probabilities, heads(parts[2], [0, 2, 1, 3])])
            let rows = node.add("Transpose", [mixed], [.integers("perm", [0, 2, 1, 3])])
            return node.add("Reshape", [rows, node.constant(integers: [0, 0, width])])
        }
        node.output(y)
    }
}
