import Glibc
import LockstepOptimizers
import Testing

/// Updates by what hosts send where they send a part of their gradients only.
@Suite struct SparseSumsTests {
    /// One update of 16 parameters at zero.
    private func run(
        _ configuration: any OptimizerComponent, gradients: [[Float]], density: Double?,
        clipValue: Double = .infinity, l2: Double = 0
    ) -> FlatRun {
        let sparse = density.map { SparseSums(configuration.make(), density: $0) }
        let run = FlatRun(count: 16, optimizer: sparse?.optimizer ?? configuration.make())
        if let sparse { run.groups = run.groups.map(sparse.adapted) }
        for (index, gradient) in gradients.enumerated() {
            for i in 0..<16 { run.gradients[i] = i < gradient.count ? gradient[i] : 0 }
            let step = UpdateStep(
                number: index + 1, learningRate: configuration.learningRate, clipValue: clipValue, l2: l2)
            _ = run.update(sparse?.adapted(step) ?? step)
        }
        return run
    }

    private func sums(_ density: Double) -> SparseSums {
        SparseSums(SGD.Configuration().make(), density: density)
    }

    /// The share of a constant gradient's momentum that comes out when its velocity starts anew every
    /// `interval` steps.
    private func share(decay: Double, interval: Int) -> Double {
        var (velocity, sum) = (0.0, 0.0)
        for _ in 0..<interval {
            velocity = decay * velocity + (1 - decay)
            sum += velocity
        }
        return sum / Double(interval)
    }

    @Test(arguments: [(1.0, 1), (0.25, 2), (0.01, 10), (0.0001, 100)])
    func theGainMakesUpForVelocitiesThatStartAnew(density: Double, interval: Int) {
        for decay in [0.5, 0.9, 0.99] {
            let gain = sums(density).gain(Momentum(decay: decay))
            #expect(abs(gain * share(decay: decay, interval: interval) - 1) < 1e-9)
        }
        #expect(sums(density).gain(Momentum(decay: 0)) == 1)
    }

    @Test func stochasticGradientDescentHasNoMomentumOfItsOwn() {
        let configuration = SGD.Configuration(learningRate: 0.1, momentum: 0.9)
        let sent = run(configuration, gradients: [[2, -1], [0, 3]], density: 0.01)
        let gain = sums(0.01).gain(Momentum(decay: 0.9))
        #expect(abs(Double(sent.parameters[0]) + 0.1 / 0.1 * gain * 2) < 1e-5)
        #expect(abs(Double(sent.parameters[1]) + 0.1 / 0.1 * gain * 2) < 1e-5)
        #expect(sent.moments.isEmpty)
    }

    /// The gain makes steps longer; what is clipped by value is the sum as it came, as by the norm.
    @Test func clippingByValueDoesNotSeeTheGain() {
        let configuration = SGD.Configuration(learningRate: 0.1, momentum: 0.9)
        let free = run(configuration, gradients: [[0.9, -0.5]], density: 0.01)
        let clipped = run(configuration, gradients: [[3, -0.5]], density: 0.01, clipValue: 0.09)
        #expect(abs(clipped.parameters[0] - free.parameters[0]) < 1e-5)
        #expect(clipped.parameters[1] == free.parameters[1])
    }

    @Test func withoutMomentumStochasticGradientDescentIsTheSame() {
        let configuration = SGD.Configuration(learningRate: 0.1)
        let sent = run(configuration, gradients: [[2, -1], [0, 3]], density: 0.01)
        let all = run(configuration, gradients: [[2, -1], [0, 3]], density: nil)
        #expect((0..<2).allSatisfy { sent.parameters[$0] == all.parameters[$0] })
    }

    /// A constant gradient that comes in one element every tenth step as ten of them: the steps are as long
    /// as those of ten times the learning rate every tenth step, since its average square is that of one
    /// gradient.
    @Test func squaresOfAdamCountByTheDensity() {
        let rate = 0.001
        let gradients = (0..<2000).map { [$0 % 10 == 9 ? Float(10) : 0] }
        let sent = run(Adam.Configuration(learningRate: rate), gradients: gradients, density: 0.1)
        #expect(abs(sent.moments[1][0] - 0.865) < 0.01, "\(sent.moments[1][0])")
        let way = Double(sent.parameters[0]) / (-2000 * rate)
        #expect(abs(way - 1) < 0.02, "\(way)")
        let full = run(Adam.Configuration(learningRate: rate), gradients: gradients, density: nil)
        #expect(abs(Double(full.parameters[0]) / (-2000 * rate) - 0.316) < 0.02)
    }

    /// An optimizer without support for sparse sums, with an average of squares and another decay.
    private struct Foreign: Optimizer {
        var momentNames: [String] { ["square"] }
        var coupledWeightDecay: Double { 0 }

        func apply(
            _ range: Range<Int>, _ buffers: FlatBuffers, _ group: ParameterGroup, _ step: UpdateStep
        ) {
            guard let squares = buffers.moments.0 else { return }
            for index in range {
                let gradient = buffers.gradients[index] * Float(step.gradientScale)
                squares[index] = 0.999 * squares[index] + 0.001 * gradient * gradient
                let root = (squares[index] / (1 - Float(pow(0.999, Double(step.number))))).squareRoot()
                let decay = 0.1 * Float(group.weightDecayFactor) * buffers.parameters[index]
                buffers.parameters[index] -= Float(step.learningRate) * (gradient / (root + 1e-8) + decay)
            }
        }
    }

    /// Its steps, and its decay, are as long as with all gradients.
    @Test func anOptimizerNeedNotKnowOfSparseSums() {
        func way(_ gradients: [[Float]], start: Float, density: Double?) -> Float {
            let sparse = density.map { SparseSums(Foreign(), density: $0) }
            let run = FlatRun(count: 16, optimizer: Foreign())
            run.parameters[0] = start
            if let sparse { run.groups = run.groups.map(sparse.adapted) }
            for (index, gradient) in gradients.enumerated() {
                run.gradients[0] = gradient[0]
                let step = UpdateStep(number: index + 1, learningRate: 0.001)
                _ = run.update(sparse?.adapted(step) ?? step)
            }
            return run.parameters[0]
        }
        let (all, some) = (
            [[Float]](repeating: [1], count: 2000), (0..<2000).map { [$0 % 10 == 9 ? Float(10) : 0] }
        )
        let (expected, sparse) = (way(all, start: 0, density: nil), way(some, start: 0, density: 0.1))
        #expect(expected < -1.5 && abs(sparse / expected - 1) < 0.02, "\(sparse), not \(expected)")
        let zeros = [[Float]](repeating: [0], count: 1000)
        let decayed = way(zeros, start: 1, density: nil)
        #expect(decayed < 0.95 && abs(way(zeros, start: 1, density: 0.1) - decayed) < 1e-5)
        #expect(SparseSums(Foreign(), density: 0.1).momentum == nil)
    }

    /// L1, L2 and clipping are as strong as with all gradients.
    @Test func regularisationKeepsItsStrength() {
        for configuration in [
            SGD.Configuration(learningRate: 0.1), SGD.Configuration(learningRate: 0.1, weightDecay: 0.5),
        ] {
            let sent = run(configuration, gradients: [[2, -1], [0, 3]], density: 0.01, l2: 0.25)
            let all = run(configuration, gradients: [[2, -1], [0, 3]], density: nil, l2: 0.25)
            #expect(
                (0..<2).allSatisfy { sent.parameters[$0] == all.parameters[$0] && all.parameters[$0] != 0 })
        }
    }

    @Test func squaresOfRMSpropAndAdagradCountByTheDensity() {
        let squares = run(RMSprop.Configuration(alpha: 0.5), gradients: [[2]], density: 0.25)
        #expect(squares.moments[0][0] == 0.5)
        let centered = run(RMSprop.Configuration(alpha: 0.5, centered: true), gradients: [[2]], density: 0.25)
        #expect(centered.moments[0][0] == 2 && centered.moments[1][0] == 1)
        let sums = run(Adagrad.Configuration(), gradients: [[2], [4]], density: 0.25)
        #expect(sums.moments[0][0] == 5)
    }
}
