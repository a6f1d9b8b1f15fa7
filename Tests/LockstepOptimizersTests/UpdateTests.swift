import LockstepConfiguration
import LockstepOptimizers
import Testing

@Suite struct UpdateTests {
    private static let optimizers: [any OptimizerComponent] = [
        SGD.Configuration(learningRate: 0.1),
        SGD.Configuration(learningRate: 0.1, momentum: 0.9, nesterov: true),
        Adam.Configuration(), AdamW.Configuration(.init(weightDecay: 0.1)), RMSprop.Configuration(),
        RMSprop.Configuration(momentum: 0.9, centered: true), Adagrad.Configuration(),
        Lion.Configuration(weightDecay: 0.1), LARS.Configuration(weightDecay: 0.1), LAMB.Configuration(),
    ]

    private func run(
        _ configuration: any OptimizerComponent, borders: [Int], groups: [ParameterGroup]? = nil
    ) -> (parameters: [Float], hashes: [UInt64]) {
        let run = FlatRun(count: 3 * 4096 + 100, optimizer: configuration.make())
        if let groups { run.groups = groups }
        for i in 0..<run.count { run.parameters[i] = Float(i % 37) / 37 - 0.5 }
        var hashes: [UInt64] = []
        for number in 1...3 {
            for i in 0..<run.count { run.gradients[i] = Float((i * 7 + number) % 101) / 50 - 1 }
            let step = UpdateStep(
                number: number, learningRate: configuration.learningRate, gradientScale: 0.3,
                clipCoefficient: 0.7,
                l1: 0.001, l2: 0.002)
            hashes.append(run.update(step, borders: borders))
        }
        return (Array(UnsafeBufferPointer(start: run.parameters, count: run.count)), hashes)
    }

    @Test(arguments: optimizers) func slicesGiveTheSameBits(_ configuration: any OptimizerComponent) {
        let whole = run(configuration, borders: [])
        for borders in [[4096], [4096, 8192], [8192, 12288]] {
            let sliced = run(configuration, borders: borders)
            #expect(sliced.parameters == whole.parameters)
            #expect(sliced.hashes == whole.hashes)
        }
    }

    @Test func elementsOutsideAllGroupsStay() {
        let groups = [
            ParameterGroup(range: 0..<5000), ParameterGroup(range: 9008..<12388, learningRateFactor: 0),
        ]
        let result = run(Adam.Configuration(), borders: [4096], groups: groups)
        let start = (0..<12388).map { Float($0 % 37) / 37 - 0.5 }
        #expect(Array(result.parameters[5000...]) == Array(start[5000...]))
        #expect(zip(result.parameters[..<5000], start).allSatisfy { $0 != $1 })
        let whole = run(Adam.Configuration(), borders: [], groups: groups)
        #expect(whole.hashes == result.hashes)
    }

    @Test func exemptGroupsDoNotDecay() {
        let run = FlatRun(count: 32, optimizer: AdamWCase.make())
        run.groups = [ParameterGroup(range: 0..<16), ParameterGroup(range: 16..<32, weightDecayFactor: 0)]
        run.parameters.update(repeating: 1, count: 32)
        _ = run.update(UpdateStep(number: 1, learningRate: 0.1))
        #expect(abs(run.parameters[0] - 0.95) < 1e-6)
        #expect(run.parameters[31] == 1)
    }

    private enum AdamWCase {
        static func make() -> any Optimizer { AdamW.Configuration(.init(weightDecay: 0.5)).make() }
    }

    @Test func everyBitChangesTheHash() {
        var values = (0..<64).map { Float($0) * 0.25 }
        let hash = FlatBuffers.hash(values, 0..<64)
        for index in [0, 1, 17, 63] {
            for bit in 0..<32 {
                let kept = values[index]
                values[index] = Float(bitPattern: kept.bitPattern ^ (1 << UInt32(bit)))
                #expect(FlatBuffers.hash(values, 0..<64) != hash)
                values[index] = kept
            }
        }
    }

    @Test func gapsStayZero() {
        for configuration in UpdateTests.optimizers {
            let run = FlatRun(count: 64, optimizer: configuration.make())
            for number in 1...5 {
                _ = run.update(UpdateStep(number: number, learningRate: 0.1, l1: 0.1, l2: 0.1))
            }
            #expect((0..<64).allSatisfy { run.parameters[$0] == 0 })
        }
    }

    /// Moments of weights that have no gradient any more end at zero, not at the smallest numbers above it.
    @Test(arguments: optimizers.filter { !$0.make().momentNames.isEmpty })
    func momentsDoNotBecomeSubnormal(_ configuration: any OptimizerComponent) {
        let run = FlatRun(count: 37, optimizer: configuration.make())
        for moment in run.moments { moment.update(repeating: 2 * .leastNormalMagnitude, count: run.count) }
        for number in 1...1500 { _ = run.update(UpdateStep(number: number, learningRate: 0.1)) }
        for moment in run.moments {
            #expect((0..<run.count).allSatisfy { moment[$0].isZero || moment[$0].isNormal })
        }
        // Others go on with them.
        let half = Float.leastNormalMagnitude * Float(run.count) / 74
        #expect(half.isSubnormal)
    }

    /// If only the new value counts, nothing of the old one remains, as with PyTorch's lerp.
    @Test func averagesForgetLargeValues() {
        let adam = FlatRun(count: 37, optimizer: Adam.Configuration(beta1: 0).make())
        let centered = FlatRun(
            count: 37, optimizer: RMSprop.Configuration(alpha: 0, centered: true).make())
        for run in [adam, centered] {
            run.gradients.update(repeating: 3e6, count: run.count)
            _ = run.update(UpdateStep(number: 1, learningRate: 0.1))
            run.gradients.update(repeating: 1e-3, count: run.count)
            _ = run.update(UpdateStep(number: 2, learningRate: 0.1))
        }
        #expect((0..<37).allSatisfy { adam.moments[0][$0] == 1e-3 })
        #expect((0..<37).allSatisfy { centered.moments[centered.moments.count - 1][$0] == 1e-3 })
    }

    /// Likewise moving averages of parameters. At common decays the bits are those of the plain formula.
    @Test(arguments: [0, 0.001, 0.1, 0.4, 0.5, 0.9, 0.999]) func averagesOfParametersForget(_ decay: Double) {
        var averages: [Float] = [3e7, 1e-3, 123_456_792, 2, -5e6, 0]
        var parameters: [Float] = [0.7, 1e6, 1e-5, 1, 5e-6, 5]
        let before = averages
        averages.withUnsafeMutableBufferPointer { averages in
            parameters.withUnsafeMutableBufferPointer { parameters in
                guard let average = averages.baseAddress, let parameter = parameters.baseAddress else {
                    return
                }
                let buffers = FlatBuffers(
                    parameters: parameter, gradients: parameter, moments: (nil, nil, nil), averages: average)
                var step = UpdateStep(number: 2, learningRate: 0.1)
                step.averageDecay = decay
                buffers.average(0..<6, step)
            }
        }
        for i in 0..<6 {
            let expected = decay * Double(before[i]) + (1 - decay) * Double(parameters[i])
            #expect(abs(Double(averages[i]) - expected) <= 3e-7 * abs(expected), "\(i)")
            if decay == 0 { #expect(averages[i] == parameters[i]) }
            if decay > 0.5 {
                let share = Float(1 - decay)
                let plain = before[i].addingProduct(share, parameters[i] - before[i])
                let unfused = before[i] + share * (parameters[i] - before[i])
                #expect(averages[i] == plain || averages[i] == unfused)
            }
        }
    }

    /// A variance that rounding makes negative counts as zero: its root would be NaN.
    @Test func centeredVarianceIsNotNegative() {
        let run = FlatRun(
            count: 4096, optimizer: RMSprop.Configuration(alpha: 0.5, centered: true).make())
        for number in 1...60 {
            for i in 0..<run.count { run.gradients[i] = 1 + Float(i) / 4099 }
            _ = run.update(UpdateStep(number: number, learningRate: 1e-12))
        }
        #expect(run.isFinite && (0..<run.count).allSatisfy { run.parameters[$0].isFinite })
    }

    /// An update says so when it leaves parameters that are infinite or NaN, wherever they lie.
    @Test(arguments: optimizers, [Float.nan, .infinity])
    func nonFiniteParametersAreReported(_ configuration: any OptimizerComponent, _ value: Float) {
        for place in [0, 17, 16384, 20000 - 1] {
            let run = FlatRun(count: 20000, optimizer: configuration.make())
            _ = run.update(UpdateStep(number: 1, learningRate: 0.1), borders: [4096])
            #expect(run.isFinite)
            run.parameters[place] = value
            _ = run.update(UpdateStep(number: 2, learningRate: 0.1), borders: [4096])
            #expect(!run.isFinite, "at \(place)")
        }
        let run = FlatRun(count: 100, optimizer: configuration.make())
        run.gradients[50] = .nan
        _ = run.update(UpdateStep(number: 1, learningRate: 0.1))
        #expect(!run.isFinite && run.parameters[50].isNaN)
    }

    /// Without a hash every piece has its turn within eight updates.
    @Test func everyPieceHasItsTurn() {
        for place in stride(from: 100, to: 200_000, by: 16384) {
            let run = FlatRun(count: 200_000, optimizer: SGD.Configuration().make())
            run.parameters[place] = .nan
            let told = (1...8).filter { number in
                let step = UpdateStep(number: number, learningRate: 0.1)
                return !run.optimizer.update(
                    0..<run.count, run.buffers, groups: run.groups, step, isHashed: false
                ).isFinite
            }
            #expect(told.count == 1)
        }
    }

    @Test func clippingKeepsNaN() {
        #expect(GradientClipping.norm(1).coefficient(norm: .nan).isNaN)
        #expect(GradientClipping.norm(1).coefficient(norm: 0.5) == 1)
        #expect(GradientClipping.norm(1).coefficient(norm: .infinity) == 0)
        let run = FlatRun(count: 20, optimizer: SGD.Configuration().make())
        run.gradients[3] = .nan
        _ = run.update(UpdateStep(number: 1, learningRate: 1, clipValue: 0.1))
        #expect(run.parameters[3].isNaN)
    }

    @Test func impossibleValuesAreErrors() {
        func refusal(_ component: some Component) -> String? {
            do {
                try component.validate()
                return nil
            } catch {
                return "\(error)"
            }
        }
        let share = "must be a number of at least 0 and below 1"
        #expect(refusal(SGD.Configuration()) == nil)
        #expect(refusal(SGD.Configuration(momentum: 1.5)) == "momentum: \(share); got 1.5")
        #expect(
            refusal(SGD.Configuration(momentum: 0, nesterov: true))
                == "momentum: must be above 0 where nesterov is true; got 0")
        #expect(refusal(Adam.Configuration(beta2: 1)) == "beta2: \(share); got 1")
        #expect(refusal(AdamW.Configuration(.init(beta2: 1))) == "beta2: \(share); got 1")
        // What is not a number is in no range.
        #expect(
            refusal(SGD.Configuration(learningRate: .nan))
                == "learning_rate: must be a number from 0 to 1e+30; got nan")
        #expect(
            refusal(CosineSchedule { $0.final = 2 }) == "final: must be a number from 0 to 1; got 2")
        #expect(
            refusal(MilestonesSchedule { $0.milestones = [3, 2] })
                == "milestones: must be ascending steps; got 3")
    }
}
