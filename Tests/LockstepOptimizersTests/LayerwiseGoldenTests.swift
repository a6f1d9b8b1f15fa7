import Foundation
import LockstepOptimizers
import Testing

/// Lion, LARS and LAMB against their formulas in float64 (scripts/fixtures/layerwise_optimizers.py), over 20 steps.
@Suite struct LayerwiseGoldenTests {
    private struct Fixture: Decodable {
        var sizes: [Int]
        var cases: [String: [[Double]]]
    }

    private struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var configuration: any OptimizerComponent
        var hasExempt = false
        var testDescription: String { name }
    }

    private static let cases: [Case] = [
        Case(name: "lion", configuration: Lion.Configuration(learningRate: 0.01)),
        Case(
            name: "lion_decay",
            configuration: Lion.Configuration(learningRate: 0.01, beta1: 0.8, beta2: 0.95, weightDecay: 0.5),
            hasExempt: true),
        Case(name: "lars", configuration: LARS.Configuration(learningRate: 2)),
        Case(
            name: "lars_decay",
            configuration: LARS.Configuration(learningRate: 2, trustCoefficient: 0.01, weightDecay: 0.05),
            hasExempt: true),
        Case(
            name: "lars_plain",
            configuration: LARS.Configuration(learningRate: 2, momentum: 0, weightDecay: 0.05)),
        Case(name: "lamb", configuration: LAMB.Configuration(learningRate: 0.01)),
        Case(
            name: "lamb_decay",
            configuration: LAMB.Configuration(learningRate: 0.01, beta1: 0.8, beta2: 0.95, weightDecay: 0.2),
            hasExempt: true),
    ]

    /// As in the script.
    private static func draw(_ number: Int, _ index: Int) -> Float {
        Float((index * 7919 + number * 104729) % 2003) / 1024 - 0.9765625
    }

    /// The flat offsets of parameters: each a multiple of 16.
    private static func offsets(_ sizes: [Int]) -> [Int] {
        sizes.reduce(into: [0]) { $0.append(($0[$0.count - 1] + $1 + 15) / 16 * 16) }
    }

    private static func training(_ testCase: Case, _ sizes: [Int]) -> FlatRun {
        let offsets = offsets(sizes)
        let run = FlatRun(count: offsets[sizes.count], optimizer: testCase.configuration.make())
        run.groups = sizes.enumerated().map { number, size in
            ParameterGroup(
                range: offsets[number]..<offsets[number] + size,
                weightDecayFactor: testCase.hasExempt && number == 2 ? 0 : 1)
        }
        for (number, size) in sizes.enumerated() where number != 3 {
            for index in 0..<size { run.parameters[offsets[number] + index] = draw(number, index) * 0.5 }
        }
        return run
    }

    private static func step(_ run: FlatRun, _ testCase: Case, _ sizes: [Int], number: Int, borders: [Int]) {
        let offsets = offsets(sizes)
        for (parameter, size) in sizes.enumerated() where parameter != 4 {
            let scale = 4 / Float(1 << parameter)
            for index in 0..<size {
                run.gradients[offsets[parameter] + index] = draw(100 * number + parameter, index) * scale
            }
        }
        // The gradients come as sums over 4 samples.
        let step = UpdateStep(
            number: number, learningRate: testCase.configuration.learningRate, gradientScale: 0.25)
        _ = run.update(step, borders: borders)
    }

    @Test(arguments: cases) private func equalsTheFormula(_ testCase: Case) throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Fixtures/optimizers/layerwise.json")
        let fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
        let (sizes, expected) = (fixture.sizes, try #require(fixture.cases[testCase.name]))
        let offsets = Self.offsets(sizes)
        let places = sizes.enumerated().flatMap { number, size in
            stride(from: 0, to: size, by: size > 100 ? 97 : 1).map { offsets[number] + $0 }
        }
        let run = Self.training(testCase, sizes)
        let start = places.map { Double(run.parameters[$0]) }
        var shown: [[Double]] = []
        for number in 1...20 {
            Self.step(run, testCase, sizes, number: number, borders: [])
            if [1, 10, 20].contains(number) { shown.append(places.map { Double(run.parameters[$0]) }) }
        }
        for (state, golden) in zip(shown, expected) {
            try #require(state.count == golden.count)
            for ((mine, theirs), start) in zip(zip(state, golden), start) {
                let tolerance = 1e-5 * abs(theirs - start) + 4e-7 * max(abs(theirs), abs(start)) + 1e-9
                #expect(abs(mine - theirs) <= tolerance, "\(mine) against \(theirs), from \(start)")
            }
        }
    }

    /// A parameter that lies in several slices has the same norms as in one.
    @Test(arguments: cases, [[4096], [4096, 8192], [8192]])
    private func slicesThroughParametersGiveTheSameBits(_ testCase: Case, _ borders: [Int]) {
        let sizes = [40, 9000, 33]
        func result(_ borders: [Int]) -> [UInt32] {
            let run = Self.training(testCase, sizes)
            for number in 1...5 { Self.step(run, testCase, sizes, number: number, borders: borders) }
            return (0..<run.count).map { run.parameters[$0].bitPattern }
        }
        #expect(result(borders) == result([]))
    }
}
