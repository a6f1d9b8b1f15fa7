import LockstepONNX

extension RotaryOperation: ONNXExportable {
    /// The pairs of all heads that are rotated at once, as two tensors [N, L, heads, pairs].
    func export(_ node: ONNXNode) throws(ONNXError) {
        guard case .fixed(let length) = node.shape(0)[1] else {
            throw ONNXError("the length of a sequence depends on the number of samples")
        }
        let x = node.input(0)
        let (heads, turned, pairs) = (key.x[2], key.heads, key.dimensions / 2)
        guard turned > 0, pairs > 0 else { return node.output(node.add("Identity", [x])) }
        let y = node.function(
            "Rotary", [x],
            [
                .integer("heads", turned), .integer("dimensions", key.dimensions), .float("base", key.base),
                .integer("first", key.firstStep), .integer("interleaved", key.pairs == .interleaved ? 1 : 0),
            ]
        ) {
            func part(_ name: String, axis: Int, _ start: Int, _ end: Int, step: Int = 1) -> String {
                node.add("Slice", [name] + [start, end, axis, step].map { node.constant(integers: [$0]) })
            }
            func table(_ offset: Int) -> String {
                let numbers = (0..<length * pairs).map { angles.floats[2 * $0 + offset] }
                return node.constant(numbers, shape: [length, 1, pairs])
            }
            func combined(_ sign: String, _ a: String, _ factorA: String, _ b: String, _ factorB: String)
                -> String
            {
                node.add(sign, [node.add("Mul", [a, factorA]), node.add("Mul", [b, factorB])])
            }
            let first = heads == turned ? x : part(x, axis: 2, 0, turned)
            let isInterleaved = key.pairs == .interleaved
            let a =
                isInterleaved ? part(first, axis: 3, 0, 2 * pairs, step: 2) : part(first, axis: 3, 0, pairs)
            let b =
                isInterleaved
                ? part(first, axis: 3, 1, 2 * pairs, step: 2) : part(first, axis: 3, pairs, 2 * pairs)
            let (cosine, sine) = (table(0), table(1))
            var halves = [
                combined("Sub", a, cosine, b, sine), combined("Add", b, cosine, a, sine),
            ]
            if isInterleaved {
                let axis = node.constant(integers: [4])
                let pair = node.add(
                    "Concat", halves.map { node.add("Unsqueeze", [$0, axis]) }, [.integer("axis", 4)])
                halves = [node.add("Reshape", [pair, node.constant(integers: [0, 0, 0, 2 * pairs])])]
            }
            if 2 * pairs < key.x[3] { halves.append(part(first, axis: 3, 2 * pairs, key.x[3])) }
            let whole = halves.count == 1 ? halves[0] : node.add("Concat", halves, [.integer("axis", 3)])
            guard turned < heads else { return whole }
            return node.add("Concat", [whole, part(x, axis: 2, turned, heads)], [.integer("axis", 2)])
        }
        node.output(y)
    }
}
