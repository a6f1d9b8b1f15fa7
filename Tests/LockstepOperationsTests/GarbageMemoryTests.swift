import LockstepAutograd
import LockstepOperations
import LockstepTensors
import Testing

/// Memory is uninitialized: an operation reads only what it has written, and writes everything.
@Suite struct GarbageMemoryTests {
    private static let precisions: [Precision] =
        ComputeLibrary.hasBFloat16 ? [.float32, .bfloat16] : [.float32]

    /// Bytes 0xFF are NaN, 0x7F numbers near the largest: with either, every bit is as with zeros.
    @Test(arguments: OperationTable.entries, precisions)
    func resultsDoNotDependOnWhatWasInMemory(_ entry: OperationTable.Entry, _ precision: Precision) {
        guard precision == .float32 || entry.hasBFloat16 else { return }
        let inputs = Dictionary(
            uniqueKeysWithValues: entry.inputs.sorted { $0.key < $1.key }.enumerated().map { number, input in
                (input.key, filled(input.value, seed: UInt64(number) + 1))
            })
        let expected = entry.run(inputs, upstream: nil, precision: precision, pool: StoragePool(poison: 0))
        for poison: UInt8 in [0xFF, 0x7F] {
            let actual = entry.run(
                inputs, upstream: nil, precision: precision, pool: StoragePool(poison: poison))
            expectSameBits(actual.y.floatArray, expected.y.floatArray, "y")
            expectSameBits(actual.statistics, expected.statistics, "statistics")
            #expect(actual.gradients.keys == expected.gradients.keys)
            for (name, gradient) in expected.gradients {
                expectSameBits(
                    actual.gradients[name]?.floatArray ?? [], gradient.floatArray, "gradient of \(name)")
            }
        }
    }

    private func expectSameBits(
        _ actual: [Float], _ expected: [Float], _ what: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(
            actual.map(\.bitPattern) == expected.map(\.bitPattern), "\(what)", sourceLocation: sourceLocation)
        #expect(expected.allSatisfy { $0.isFinite }, "\(what)", sourceLocation: sourceLocation)
    }
}
