import CKernels
import Foundation
import Testing

/// One step of recurrent cells against plain formulas in double.
@Suite struct RecurrentKernelTests {
    /// Small, ordinary and large numbers of both signs, more than a vector and not a multiple of one.
    private let numbers: [Float] =
        [0, -0, 1e-30, 1e-4, -1e-4, 0.6249, -0.6251, 9, -9, 88, -88, 1e30, -1e30, .infinity, -.infinity]
        + (0..<100).map { Float($0 * 37 % 101) * 0.17 - 8.5 }

    private struct Step {
        var state: [Float]
        var memory: [Float]
        var gates: [Float]
    }

    /// A step of one sample with a + r = `sums` (and zero biases) and the given state before.
    private func step(_ cell: lockstep_cell, _ sums: [Float], before: [Float], memory: [Float]) -> Step {
        let units = before.count
        var layer = lockstep_recurrent(cell: cell, is_rounded: 0, samples: 1, units: units)
        var result = Step(
            state: before, memory: memory, gates: [Float](repeating: 0, count: 4 * units))
        let zeros = [Float](repeating: 0, count: sums.count)
        var arguments = lockstep_recurrent_forward()
        sums.withUnsafeBufferPointer { sums in
            zeros.withUnsafeBufferPointer { zeros in
                before.withUnsafeBufferPointer { before in
                    memory.withUnsafeBufferPointer { memory in
                        result.state.withUnsafeMutableBufferPointer { state in
                            result.memory.withUnsafeMutableBufferPointer { after in
                                result.gates.withUnsafeMutableBufferPointer { gates in
                                    arguments.input = UnsafeRawPointer(sums.baseAddress)
                                    arguments.product = zeros.baseAddress
                                    arguments.bias = zeros.baseAddress
                                    arguments.state_before = UnsafeRawPointer(before.baseAddress)
                                    arguments.memory_before = memory.baseAddress
                                    arguments.state = UnsafeMutableRawPointer(state.baseAddress)
                                    arguments.memory = after.baseAddress
                                    arguments.gates = UnsafeMutableRawPointer(gates.baseAddress)
                                    lockstep_recurrent_step(&layer, &arguments)
                                }
                            }
                        }
                    }
                }
            }
        }
        return result
    }

    private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

    @Test func tanhIsAccurateRelativeToItsValue() {
        let zeros = numbers.map { _ in Float(0) }
        let y = step(LOCKSTEP_CELL_TANH, numbers, before: zeros, memory: zeros).state
        for (x, y) in zip(numbers, y) {
            let expected = tanh(Double(x))
            #expect(abs(Double(y) - expected) <= 3e-7 * abs(expected), "tanh \(x): \(y)")
        }
        let bad = step(LOCKSTEP_CELL_TANH, [.nan], before: [0], memory: [0]).state
        #expect(bad[0].isNaN)
    }

    @Test func lstmFollowsItsFormula() {
        let count = numbers.count
        let memory = numbers.map { Float(tanh($0) * 3) }
        let sums = (0..<4).flatMap { gate in (0..<count).map { numbers[($0 * 7 + gate * 5) % count] } }
        let result = step(LOCKSTEP_CELL_LSTM, sums, before: memory, memory: memory)
        for j in 0..<count {
            let value = { (gate: Int) in Double(sums[gate * count + j]) }
            let (i, f, g, o) = (sigmoid(value(0)), sigmoid(value(1)), tanh(value(2)), sigmoid(value(3)))
            let c = f * Double(memory[j]) + i * g
            for (actual, expected) in zip(
                [0, 1, 2, 3].map { result.gates[$0 * count + j] } + [result.memory[j], result.state[j]],
                [i, f, g, o, c, o * tanh(c)])
            { #expect(abs(Double(actual) - expected) <= 1e-6, "unit \(j)") }
        }
    }

    @Test func gruFollowsItsFormula() {
        let count = numbers.count
        let before = numbers.map { Float(tanh($0)) }
        let sums = (0..<3).flatMap { gate in (0..<count).map { numbers[($0 * 7 + gate * 5) % count] } }
        let result = step(LOCKSTEP_CELL_GRU, sums, before: before, memory: before)
        for j in 0..<count {
            let z = sigmoid(Double(sums[count + j]))
            let n = tanh(Double(sums[2 * count + j]))
            #expect(abs(Double(result.state[j]) - ((1 - z) * n + z * Double(before[j]))) <= 1e-6, "unit \(j)")
        }
    }
}
