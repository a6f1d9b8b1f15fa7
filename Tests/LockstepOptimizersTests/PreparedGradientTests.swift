import LockstepOptimizers
import Testing

/// `PreparedGradient` computes what Lockstep's own optimizers see.
@Suite struct PreparedGradientTests {
    /// p -= rate g, with the gradient of the public function.
    private struct Descent: Optimizer {
        var momentNames: [String] { [] }
        var coupledWeightDecay: Double { 0.01 }

        func apply(
            _ range: Range<Int>, _ buffers: FlatBuffers, _ group: ParameterGroup, _ step: UpdateStep
        ) {
            let gradient = step.gradient(of: group, coupledWeightDecay: coupledWeightDecay)
            let rate = Float(step.learningRate * group.learningRateFactor)
            for i in range {
                buffers.parameters[i] -=
                    rate * gradient(buffers.gradients[i], parameter: buffers.parameters[i])
            }
        }
    }

    private func updated(_ optimizer: any Optimizer) -> [Float] {
        var parameters: [Float] = (0..<64).map { Float($0 - 32) / 7 }
        let gradients: [Float] = (0..<64).map { Float(($0 * 37) % 64 - 31) / 3 }
        let groups = [
            ParameterGroup(range: 0..<32),
            ParameterGroup(range: 32..<64, learningRateFactor: 0.5, weightDecayFactor: 0),
        ]
        var step = UpdateStep(number: 1, learningRate: 0.3, gradientScale: 1.0 / 3, clipCoefficient: 0.7)
        (step.clipValue, step.l1, step.l2) = (1.5, 0.02, 0.03)
        parameters.withUnsafeMutableBufferPointer { p in
            gradients.withUnsafeBufferPointer { g in
                guard let p = p.baseAddress, let g = g.baseAddress else { return }
                optimizer.update(
                    0..<64, FlatBuffers(parameters: p, gradients: g, moments: (nil, nil, nil)),
                    groups: groups, step)
            }
        }
        return parameters
    }

    @Test func clippedAndRegularisedAsInSGD() {
        var configuration = SGD.Configuration()
        configuration.weightDecay = 0.01
        #expect(updated(Descent()) == updated(SGD(configuration)))
    }
}
