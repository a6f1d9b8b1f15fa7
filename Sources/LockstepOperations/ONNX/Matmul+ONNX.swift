import LockstepONNX

extension MatmulOperation: ONNXExportable {
    func export(_ node: ONNXNode) throws(ONNXError) {
        func matrix(_ index: Int, rank: Int, isTransposed: Bool) -> String {
            guard isTransposed else { return node.input(index) }
            let order = Array(0..<rank - 2) + [rank - 1, rank - 2]
            return node.add("Transpose", [node.input(index)], [.integers("perm", order)])
        }
        node.output(
            node.add(
                "MatMul",
                [
                    matrix(0, rank: key.a.rank, isTransposed: key.transposeA),
                    matrix(1, rank: key.b.rank, isTransposed: key.transposeB),
                ]))
    }
}
