import CKernels
import Testing

/// The choice of what is sent, against plain loops, bit for bit.
@Suite struct SparseTests {
    private struct Host {
        var residual: [Float]
        var velocity: [Float]?
        let decay: Float
        let isNesterov: Bool

        /// The largest entries by sorting: of equal ones the first.
        mutating func expected(_ count: Int, base: UInt32, _ gradient: [Float]) -> [(UInt32, Float)] {
            for i in gradient.indices {
                if let old = velocity?[i] {
                    let share = (1 - decay) * gradient[i]
                    let new = decay * old + share
                    velocity?[i] = new
                    residual[i] += isNesterov ? share + decay * new : new
                } else {
                    residual[i] += gradient[i]
                }
            }
            let order = residual.indices.sorted {
                (residual[$0].magnitude, $1) > (residual[$1].magnitude, $0)
            }
            return order.prefix(count).sorted().map { index in
                let value = residual[index]
                residual[index] = 0
                velocity?[index] = 0
                return (base + UInt32(index), value)
            }
        }

        /// The same by the kernel.
        mutating func selected(_ count: Int, base: UInt32, _ gradient: [Float]) -> [lockstep_sparse_entry] {
            var entries = [lockstep_sparse_entry](repeating: .init(), count: count)
            var noVelocity: [Float] = []
            let hasVelocity = velocity != nil
            residual.withUnsafeMutableBufferPointer { residual in
                Self.withVelocity(&velocity, &noVelocity) { velocity in
                    let state = lockstep_sparse_state(
                        residual: residual.baseAddress, velocity: hasVelocity ? velocity : nil, decay: decay,
                        nesterov: isNesterov ? 1 : 0)
                    lockstep_sparse_select(&entries, count, base, state, gradient, gradient.count)
                }
            }
            return entries
        }

        private static func withVelocity(
            _ velocity: inout [Float]?, _ none: inout [Float], _ body: (UnsafeMutablePointer<Float>?) -> Void
        ) {
            if var values = velocity {
                values.withUnsafeMutableBufferPointer { body($0.baseAddress) }
                velocity = values
            } else {
                none.withUnsafeMutableBufferPointer { body($0.baseAddress) }
            }
        }
    }

    @Test(arguments: [(0, false), (0.9, false), (0.9, true)], [(1, 1), (100, 7), (4096, 41), (4096, 4096)])
    func takesTheLargestAndKeepsTheRest(
        momentum: (decay: Float, isNesterov: Bool), size: (count: Int, sent: Int)
    ) {
        var mine = Host(
            residual: [Float](repeating: 0, count: size.count),
            velocity: momentum.decay > 0 ? [Float](repeating: 0, count: size.count) : nil,
            decay: momentum.decay, isNesterov: momentum.isNesterov)
        var theirs = mine
        for step in 0..<5 {
            // Few different values: there are many equal magnitudes.
            let gradient = (0..<size.count).map { Float(($0 * 31 + step * 17) % 23 - 11) * 0.37 }
            let expected = mine.expected(size.sent, base: 1000, gradient)
            let entries = theirs.selected(size.sent, base: 1000, gradient)
            #expect(entries.map(\.index) == expected.map(\.0), "step \(step)")
            #expect(entries.map(\.value) == expected.map(\.1), "step \(step)")
            #expect(theirs.residual == mine.residual, "step \(step)")
            #expect(theirs.velocity == mine.velocity, "step \(step)")
        }
    }

    @Test func entriesOutsideAreCounted() {
        var values = [Float](repeating: 1, count: 4)
        let entries = [
            lockstep_sparse_entry(index: 1, value: 2), lockstep_sparse_entry(index: 4, value: 2),
            lockstep_sparse_entry(index: 1, value: 3),
        ]
        #expect(lockstep_sparse_add(&values, 4, entries, 3) == 1)
        #expect(values == [1, 6, 1, 1])
    }
}
