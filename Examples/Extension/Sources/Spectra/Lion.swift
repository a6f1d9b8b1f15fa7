import Lockstep

/// Lion: p -= rate sign(beta1 m + (1 - beta1) g) after p *= 1 - rate x decay; then m = beta2 m + (1 - beta2) g.
///
/// Source: Chen et al.: Symbolic Discovery of Optimization Algorithms, 2023, algorithm 2.
struct Lion: Optimizer {
    /// The optimizer in a run file.
    struct Configuration: OptimizerComponent {
        static let name = "lion"
        static var keys: KeyTable<Self> {
            KeyTable(
                .number(
                    "learning_rate", \.learningRate, .learningRate, "step that every parameter takes"),
                .number("beta1", \.beta1, .decay, "share of the average in the direction of a step"),
                .number("beta2", \.beta2, .decay, "decay of the averaged gradients"),
                .number("weight_decay", \.weightDecay, .weightDecay, "decay, applied to the parameters"))
        }

        var learningRate = 0.0001
        var beta1 = 0.9
        var beta2 = 0.99
        var weightDecay = 0.0

        func make() -> any Optimizer { Lion(configuration: self) }
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
        let (beta1, beta2) = (Float(configuration.beta1), Float(configuration.beta2))
        for i in range {
            let g = gradient(sums[i], parameter: p[i])
            let direction = beta1 * m[i] + (1 - beta1) * g
            let move: Float = direction > 0 ? Float(rate) : direction < 0 ? -Float(rate) : 0
            p[i] = keep * p[i] - move
            m[i] = beta2 * m[i] + (1 - beta2) * g
        }
    }
}
