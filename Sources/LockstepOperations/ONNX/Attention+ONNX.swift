import LockstepONNX

extension AttentionOperation: ONNXExportable {
    /// softmax(q k^T / sqrt(D) + mask) v for all heads at once: [N, H, L, D].
    func export(_ node: ONNXNode) throws(ONNXError) {
        guard saved?.lengths == nil else {
            throw ONNXError(
                "attention to sequences with lengths has no ONNX operators here; export a network without lengths"
            )
        }
        let length = key.qkv[1]
        let dimension = key.qkv[2] / (key.heads + 2 * key.keyHeads)
        let width = key.heads * dimension
        let qkv = node.input(0)
        guard key.keyHeads == key.heads else { return exportGroups(node, qkv, dimension: dimension) }
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
            let scores = masked(node.add("MatMul", [query, heads(parts[1], [0, 2, 3, 1])]), node, length)
            let probabilities = node.add("Softmax", [scores], [.integer("axis", -1)])
            let mixed = node.add("MatMul", [probabilities, heads(parts[2], [0, 2, 1, 3])])
            let rows = node.add("Transpose", [mixed], [.integers("perm", [0, 2, 1, 3])])
            return node.add("Reshape", [rows, node.constant(integers: [0, 0, width])])
        }
        node.output(y)
    }

    /// The same for groups of heads that share keys and values: [N, K, G, L, D], with keys and values [N, K, 1, L, D].
    private func exportGroups(_ node: ONNXNode, _ qkv: String, dimension: Int) {
        let (length, group) = (key.qkv[1], key.heads / key.keyHeads)
        let y = node.function(
            "GroupedAttention", [qkv],
            [
                .integer("heads", key.heads), .integer("key_heads", key.keyHeads),
                .integer("is_causal", key.isCausal ? 1 : 0),
            ]
        ) {
            let sizes = [key.heads, key.keyHeads, key.keyHeads].map { $0 * dimension }
            let parts = node.add(
                "Split", [qkv, node.constant(integers: sizes)], [.integer("axis", 2)], outputs: 3)
            func heads(_ name: String, _ group: Int, _ order: [Int]) -> String {
                let extents = node.constant(integers: [0, 0, key.keyHeads, group, dimension])
                return node.add(
                    "Transpose", [node.add("Reshape", [name, extents])], [.integers("perm", order)])
            }
            let query = node.add(
                "Mul",
                [
                    heads(parts[0], group, [0, 2, 3, 1, 4]),
                    node.constant([1 / Float(dimension).squareRoot()]),
                ])
            let scores = masked(
                node.add("MatMul", [query, heads(parts[1], 1, [0, 2, 3, 4, 1])]), node, length)
            let probabilities = node.add("Softmax", [scores], [.integer("axis", -1)])
            let mixed = node.add("MatMul", [probabilities, heads(parts[2], 1, [0, 2, 3, 1, 4])])
            let rows = node.add("Transpose", [mixed], [.integers("perm", [0, 3, 1, 2, 4])])
            return node.add("Reshape", [rows, node.constant(integers: [0, 0, key.heads * dimension])])
        }
        node.output(y)
    }

    private func masked(_ scores: String, _ node: ONNXNode, _ length: Int) -> String {
        guard key.isCausal else { return scores }
        let mask = (0..<length * length).map { $0 % length > $0 / length ? -Float.infinity : 0 }
        return node.add("Add", [scores, node.constant(mask, shape: [length, length])])
    }
}
