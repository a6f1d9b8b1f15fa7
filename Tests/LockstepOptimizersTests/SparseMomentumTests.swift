import LockstepOptimizers
import Testing

/// Updates by what hosts send where they send a part of their gradients only.
@Suite struct SparseMomentumTests {
    /// One update of 16 parameters at zero.
    private func run(
        _ configuration: any OptimizerComponent, gradients: [[Float]], density: Double?,
        clipValue: Double = .infinity
    ) -> FlatRun {
        let run = FlatRun(count: 16, optimizer: configuration.make())
        for (index, gradient) in gradients.enumerated() {
            for i in 0..<16 { run.gradients[i] = i < gradient.count ? gradient[i] : 0 }
            _ = run.update(
                UpdateStep(
                    number: index + 1, learningRate: configuration.learningRate,
                    clipValue: clipValue, sparse: density.map { SparseMomentum(density: $0) }))
        }
        return run
    }

    /// The share of a constant gradient's momentum that comes out when its velocity starts anew every `interval` steps.
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
            let gain = SparseMomentum(density: density).gain(Momentum(decay: decay))
            #expect(abs(gain * share(decay: decay, interval: interval) - 1) < 1e-9)
        }
        #expect(SparseMomentum(density: density).gain(Momentum(decay: 0)) == 1)
    }

    @Test func stochasticGradientDescentHasNoMomentumOfItsOwn() {
        let configuration = SGD.Configuration(learningRate: 0.1, momentum: 0.9)
        let sent = run(configuration, gradients: [[2, -1], [0, 3]], density: 0.01)
        let gain = SparseMomentum(density: 0.01).gain(Momentum(decay: 0.9))
        #expect(abs(Double(sent.parameters[0]) + 0.1 / 0.1 * gain * 2) < 1e-5)
        #expect(abs(Double(sent.parameters[1]) + 0.1 / 0.1 * gain * 2) < 1e-5)
        #expect(sent.moments[0][0] == 0 && sent.moments[0][1] == 0)
    }

    /// The gain makes steps longer; what is clipped by value is the sum as it came, as by the norm.
    @Test func clippingByValueDoesNotSeeTheGain() {
        let configuration = SGD.Configuration(learningRate: 0.1, momentum: 0.9)
        let free = run(configuration, gradients: [[0.9, -0.5]], density: 0.01)
        let clipped = run(configuration, gradients: [[3, -0.5]], density: 0.01, clipValue: 0.9)
        #expect(abs(clipped.parameters[0] - free.parameters[0]) < 1e-5)
        #expect(clipped.parameters[1] == free.parameters[1])
    }

    @Test func withoutMomentumStochasticGradientDescentIsTheSame() {
        let configuration = SGD.Configuration(learningRate: 0.1)
        let sent = run(configuration, gradients: [[2, -1], [0, 3]], density: 0.01)
        let all = run(configuration, gradients: [[2, -1], [0, 3]], density: nil)
        #expect((0..<2).allSatisfy { sent.parameters[$0] == all.parameters[$0] })
    }

    /// A constant gradient that comes in one element every tenth step as ten of them: the steps are as long as those of ten times
    /// the learning rate every tenth step, since its average square is that of one gradient.
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

    @Test func squaresOfRMSpropAndAdagradCountByTheDensity() {
        let squares = run(RMSprop.Configuration(alpha: 0.5), gradients: [[2]], density: 0.25)
        #expect(squares.moments[0][0] == 0.5)
        let centered = run(RMSprop.Configuration(alpha: 0.5, centered: true), gradients: [[2]], density: 0.25)
        #expect(centered.moments[0][0] == 2)
        let sums = run(Adagrad.Configuration(), gradients: [[2], [4]], density: 0.25)
        #expect(sums.moments[0][0] == 5)
    }
}
