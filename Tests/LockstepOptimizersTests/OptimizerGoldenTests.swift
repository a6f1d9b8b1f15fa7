import Foundation
import LockstepOptimizers
import Testing

/// Optimizers against PyTorch over 20 steps from the same start.
@Suite struct OptimizerGoldenTests {
    private struct Fixture: Decodable {
        var start: [Float]
        var gradients: [[Float]]
        var cases: [String: [[Float]]]
    }

    private struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var configuration: any OptimizerComponent
        var clipping = GradientClipping.none
        var l1 = 0.0
        var l2 = 0.0
        /// The first element of those that are exempt from weight decay.
        var exempt: Int?
        /// The first element of those with another learning rate, and its factor.
        var rates: (first: Int, factor: Double)?
        var testDescription: String { name }
    }

    private static let cases: [Case] = [
        Case(name: "sgd", configuration: SGD.Configuration(learningRate: 0.05)),
        Case(name: "sgd_momentum", configuration: SGD.Configuration(learningRate: 0.05, momentum: 0.9)),
        Case(
            name: "sgd_nesterov_decay",
            configuration: SGD.Configuration(
                learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01)),
        Case(name: "adam", configuration: Adam.Configuration(learningRate: 0.01)),
        Case(
            name: "adam_decay",
            configuration: Adam.Configuration(learningRate: 0.01, beta1: 0.8, beta2: 0.95, weightDecay: 0.1)),
        Case(name: "adamw", configuration: AdamW.Configuration(.init(learningRate: 0.01, weightDecay: 0.1))),
        Case(name: "rmsprop", configuration: RMSprop.Configuration(learningRate: 0.01)),
        Case(
            name: "rmsprop_centered",
            configuration: RMSprop.Configuration(learningRate: 0.01, alpha: 0.9, centered: true)),
        Case(
            name: "rmsprop_momentum",
            configuration: RMSprop.Configuration(
                learningRate: 0.01, momentum: 0.9, centered: true, weightDecay: 0.01)),
        Case(name: "adagrad", configuration: Adagrad.Configuration(learningRate: 0.1)),
        Case(
            name: "adagrad_decay",
            configuration: Adagrad.Configuration(
                learningRate: 0.1, learningRateDecay: 0.05, initialAccumulator: 0.1, weightDecay: 0.01)
        ),
        Case(
            name: "sgd_clip_norm", configuration: SGD.Configuration(learningRate: 0.05, momentum: 0.9),
            clipping: .norm(1)),
        Case(
            name: "adam_clip_value", configuration: Adam.Configuration(learningRate: 0.01),
            clipping: .value(0.1)),
        Case(name: "sgd_l1_l2", configuration: SGD.Configuration(learningRate: 0.05), l1: 0.02, l2: 0.03),
        Case(
            name: "sgd_groups", configuration: SGD.Configuration(learningRate: 0.05, weightDecay: 0.3),
            exempt: 12),
        Case(
            name: "adamw_groups",
            configuration: AdamW.Configuration(.init(learningRate: 0.01, weightDecay: 0.3)), exempt: 12),
        Case(
            name: "sgd_rates",
            configuration: SGD.Configuration(learningRate: 0.05, momentum: 0.9, weightDecay: 0.3),
            rates: (12, 0.1)),
        Case(
            name: "adamw_rates",
            configuration: AdamW.Configuration(.init(learningRate: 0.01, weightDecay: 0.3)),
            rates: (12, 0.1)),
        Case(
            name: "rmsprop_rates", configuration: RMSprop.Configuration(learningRate: 0.01, momentum: 0.9),
            rates: (12, 3)),
    ]

    @Test(arguments: cases) private func equalsPyTorch(_ testCase: Case) throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Fixtures/optimizers/optimizers.json")
        let fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
        let expected = try #require(fixture.cases[testCase.name])
        let optimizer = testCase.configuration.make()
        let run = FlatRun(count: fixture.start.count, optimizer: optimizer)
        run.parameters.update(from: fixture.start, count: fixture.start.count)
        if let exempt = testCase.exempt {
            run.groups = [
                ParameterGroup(range: 0..<exempt),
                ParameterGroup(range: exempt..<run.count, weightDecayFactor: 0),
            ]
        }
        if let rates = testCase.rates {
            run.groups = [
                ParameterGroup(range: 0..<rates.first),
                ParameterGroup(range: rates.first..<run.count, learningRateFactor: rates.factor),
            ]
        }
        var states: [[Float]] = []
        for (index, gradient) in fixture.gradients.enumerated() {
            // The gradients come as sums over 4 samples.
            run.gradients.update(from: gradient.map { $0 * 4 }, count: gradient.count)
            let norm = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            var step = UpdateStep(
                number: index + 1, learningRate: testCase.configuration.learningRate, gradientScale: 0.25)
            step.clipCoefficient = testCase.clipping.coefficient(norm: norm)
            step.clipValue = testCase.clipping.limit
            step.l1 = testCase.l1
            step.l2 = testCase.l2
            _ = run.update(step)
            states.append(Array(UnsafeBufferPointer(start: run.parameters, count: run.count)))
        }
        for (state, golden) in zip([states[0], states[9], states[19]], expected) {
            for ((mine, theirs), start) in zip(zip(state, golden), fixture.start) {
                // Compare the differences from the start, which are small relative to the numbers.
                let tolerance = 1e-5 * abs(theirs - start) + 3e-7 * max(abs(theirs), abs(start))
                #expect(abs(mine - theirs) <= tolerance, "\(mine) against \(theirs), from \(start)")
            }
        }
    }
}
