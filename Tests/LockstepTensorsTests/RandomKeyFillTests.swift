import LockstepTensors
import Testing

@Suite struct RandomKeyFillTests {
    private let key = RandomKey(seed: 3, purpose: .dropout, layer: 2, major: 1, minor: 5)

    @Test func uniformNumbersAreThoseOfSingleDraws() {
        var values = [Float](repeating: 0, count: 103)
        values.withUnsafeMutableBufferPointer { key.fillUniform($0, first: 6) }
        #expect(values == (6..<109).map { key.uniform($0) })
    }
}
