import Lockstep

/// Signum: m = beta m + (1 - beta) g; p -= rate sign(m), after p *= 1 - rate x decay.
///
/// Source: Bernstein et al.: signSGD: Compressed Optimisation for Non-Convex Problems, 2018, algorithm 2.
struct Signum: Optimizer {
    /// The optimizer in a run file.
    struct Configuration: OptimizerComponent {
        static let name = "signum"
        static var keys: KeyTable<Self> {
            KeyTable(
                .number(
                    "learning_rate", \.learningRate, .learningRate, "step that every parameter takes"),
                .number("beta", \.beta, .decay, "decay of the averaged gradients"),
                .number("weight_decay", \.weightDecay, .weightDecay, "decay, applied to the parameters"))
        }

        var learningRate = 0.0001
        var beta = 0.9
        var weightDecay = 0.0

        func make() -> any Optimizer { Signum(configuration: self) }
    }

    let configuration: Configuration

    var momentNames: [String] { ["exp_avg"] }
    /// The decay does not pass through the gradient.
    var coupledWeightDecay: Double { 0 }

    func apply(_ range: Range<Int>, _ buffers: FlatBuffers, _ group: ParameterGroup, _ step: UpdateStep) {
        guard let m = buffers.moments.0 else { return }
        let (p, sums) = (buffers.parameters, buffers.gradients)
        let gradient = step.gradient(of: group)
        let rate = step.learningRate * group.learningRateFactor
        let keep = Float(1 - rate * configuration.weightDecay * group.weightDecayFactor)
        let beta = Float(configuration.beta)
        for i in range {
            m[i] = beta * m[i] + (1 - beta) * gradient(sums[i], parameter: p[i])
            let move: Float = m[i] > 0 ? Float(rate) : m[i] < 0 ? -Float(rate) : 0
            p[i] = keep * p[i] - move
        }
    }
}
