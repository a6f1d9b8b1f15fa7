import Lockstep

/// Writes a sample as a sum of few atoms: a `Shrinkage` layer finds their amounts, a linear layer adds them up.
///
/// Shapes: [N, features] to [N, outputs].
struct SparseCoder: Model {
    /// The model in a run file.
    struct Configuration: ModelComponent {
        static let name = "sparse_coder"
        static var keys: KeyTable<Self> {
            KeyTable(
                .integer("atoms", \.atoms, .width, "patterns that samples are composed of"),
                .number("threshold", \.threshold, .within(0...1e6), "amount that counts as none, at first"))
        }

        var atoms = 32
        var threshold = 0.05

        func check(input: ModelInput) throws(ComponentError) {
            let shape = try input.requireNumbers()
            guard shape.count == 1 else {
                throw ComponentError(problem: "needs samples [features]; those of the data are \(shape)")
            }
        }

        func make(_ scope: ParameterScope, input: ModelInput, outputs: Int) -> any Model {
            SparseCoder(scope, self, inputs: input.sampleShape[0], outputs: outputs)
        }
    }

    let encoder: Shrinkage
    let decoder: Linear

    init(_ scope: ParameterScope, _ configuration: Configuration, inputs: Int, outputs: Int) {
        encoder = Shrinkage(
            scope["encoder"], inputs: inputs, outputs: configuration.atoms,
            threshold: Float(configuration.threshold))
        decoder = Linear(scope["decoder"], inputs: configuration.atoms, outputs: outputs)
    }

    func callAsFunction(_ x: Variable) -> Variable { decoder(encoder(x)) }
}
