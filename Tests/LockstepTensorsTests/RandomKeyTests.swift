import LockstepTensors
import Testing

@Suite struct RandomKeyTests {
    @Test func drawsAreFunctionsOfTheirKey() {
        let key = RandomKey(seed: 1, purpose: .dropout, layer: 2, major: 3, minor: 4)
        let again = RandomKey(seed: 1, purpose: .dropout, layer: 2, major: 3, minor: 4)
        #expect((0..<100).allSatisfy { key.bits($0) == again.bits($0) })
        let others = [
            RandomKey(seed: 2, purpose: .dropout, layer: 2, major: 3, minor: 4),
            RandomKey(seed: 1, purpose: .shuffle, layer: 2, major: 3, minor: 4),
            RandomKey(seed: 1, purpose: .dropout, layer: 3, major: 3, minor: 4),
            RandomKey(seed: 1, purpose: .dropout, layer: 2, major: 4, minor: 4),
            RandomKey(seed: 1, purpose: .dropout, layer: 2, major: 3, minor: 5),
        ]
        for other in others { #expect((0..<8).contains { key.bits($0) != other.bits($0) }) }
    }

    @Test func momentsAreRight() {
        let key = RandomKey(seed: 7, purpose: .test)
        let count = 20_000
        var (uniform, normal, square) = (0.0, 0.0, 0.0)
        for element in 0..<UInt64(count) {
            let value = key.uniform(element)
            #expect(value >= 0 && value < 1)
            uniform += Double(value)
            normal += Double(key.normal(element))
            square += Double(key.normal(element)) * Double(key.normal(element))
        }
        #expect(abs(uniform / Double(count) - 0.5) < 0.01)
        #expect(abs(normal / Double(count)) < 0.03)
        #expect(abs(square / Double(count) - 1) < 0.04)
        #expect((0..<100).allSatisfy { key.index($0, below: 7) < 7 })
    }
}
