import Foundation
import LockstepAutograd
import LockstepOperations
import LockstepTensors
import Testing

@Suite struct NoiseTests {
    private let tape = Tape(pool: StoragePool())

    private func normal(_ draws: StepDraws, layer: UInt64, count: Int = 1000) -> [Float] {
        tape.begin(mode: .training, draws: draws)
        return normalNoise(Shape(count), layer: layer, on: tape).value.floatArray
    }

    @Test func noiseIsKeyedByLayerStepAndShard() {
        let base = StepDraws(seed: 1, step: 5, shard: 2)
        let first = normal(base, layer: 1)
        #expect(normal(base, layer: 1) == first)
        #expect(normal(base, layer: 2) != first)
        #expect(normal(StepDraws(seed: 1, step: 6, shard: 2), layer: 1) != first)
        #expect(normal(StepDraws(seed: 1, step: 5, shard: 3), layer: 1) != first)
        #expect(normal(StepDraws(seed: 2, step: 5, shard: 2), layer: 1) != first)
        // Fewer numbers are the first of more: a shard's samples do not depend on how many there are.
        #expect(normal(base, layer: 1, count: 37) == Array(first.prefix(37)))
    }

    @Test func noiseHasItsMoments() {
        let values = normal(StepDraws(seed: 3, step: 0, shard: 0), layer: 1, count: 200_000).map(Double.init)
        func moment(_ power: Double) -> Double {
            values.reduce(0) { $0 + pow($1, power) } / Double(values.count)
        }
        #expect(abs(moment(1)) < 0.01)
        #expect(abs(moment(2) - 1) < 0.015)
        #expect(abs(moment(3)) < 0.04)
        #expect(abs(moment(4) - 3) < 0.08)
        // Neighbors, and the two numbers of a pair, are independent.
        for distance in 1...4 {
            let products = (0..<values.count - distance).map { values[$0] * values[$0 + distance] }
            #expect(abs(products.reduce(0, +) / Double(products.count)) < 0.01)
        }
        // The share beyond one, two and three deviations.
        for (deviations, share) in [(1.0, 0.3173), (2.0, 0.0455), (3.0, 0.0027)] {
            let count = values.count { abs($0) > deviations }
            #expect(abs(Double(count) / Double(values.count) - share) < 0.1 * share)
        }
    }

    /// Box and Muller in double from the same words.
    @Test func normalNumbersAreThoseOfTheFormula() {
        let key = StepDraws(seed: 9, step: 1, shard: 0).key(.noise, layer: 4)
        let values = normal(StepDraws(seed: 9, step: 1, shard: 0), layer: 4, count: 402)
        for index in 0..<402 {
            let block = key.block(UInt64(index / 4))
            let (size, turn) = index % 4 < 2 ? (block[0], block[1]) : (block[2], block[3])
            let radius = (-2 * log((Double(size) + 0.5) * 0x1p-32)).squareRoot()
            let angle = 2 * Double.pi * Double(turn) * 0x1p-32
            let expected = radius * (index % 2 == 0 ? cos(angle) : sin(angle))
            #expect(abs(Double(values[index]) - expected) < 2e-6 * Swift.max(1, abs(expected)), "\(index)")
        }
    }

    @Test func uniformNoiseKeepsItsBounds() {
        tape.begin(mode: .training, draws: StepDraws(seed: 1, step: 2, shard: 3))
        let values = uniformNoise(Shape(100, 100), lower: -2, upper: 3, layer: 1, on: tape).value.floatArray
        #expect(values.allSatisfy { $0 >= -2 && $0 < 3 })
        #expect(abs(values.reduce(0, +) / 10_000 - 0.5) < 0.05)
        #expect((values.min() ?? 0) < -1.99 && (values.max() ?? 0) > 2.99)
        let none = uniformNoise(Shape(0, 4), layer: 2, on: tape)
        #expect(none.shape == Shape(0, 4) && !none.requiresGradient)
    }
}
