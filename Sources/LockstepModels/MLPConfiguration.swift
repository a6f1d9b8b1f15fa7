import LockstepAutograd
import LockstepConfiguration
import LockstepLayers

/// A multilayer perceptron: for each hidden layer linear, batch normalisation (if asked for), activation,
/// dropout; then a linear output layer. Images are flattened first.
///
/// Shapes: [N, ...] to [N, outputs].
public struct MLPConfiguration: ModelComponent, Equatable {
    /// The units of each hidden layer, from the input on; empty makes a linear model.
    public var hidden: [Int]
    /// The function after each hidden layer.
    public var activation: ActivationKind
    /// The probability with which a hidden unit is dropped in training.
    public var dropout: Double
    /// Whether each hidden layer is normalised before its activation.
    public var batchNormalization: Bool
    /// The distribution of the initial weights.
    public var initializer: InitializerKind

    /// Makes a configuration; `initializer` nil takes the usual one for the activation.
    public init(
        hidden: [Int] = [512, 256], activation: ActivationKind = .relu, dropout: Double = 0,
        batchNormalization: Bool = false, initializer: InitializerKind? = nil
    ) {
        self.hidden = hidden
        self.activation = activation
        self.dropout = dropout
        self.batchNormalization = batchNormalization
        self.initializer = initializer ?? activation.defaultInitializer
    }

    public init() { self.init(dropout: 0) }

    public static let name = "mlp"
    public static var keys: KeyTable<Self> {
        KeyTable(
            .integers("hidden", \.hidden, .width, count: .layers, "units of each hidden layer"),
            .word("activation", \.activation, "function after each hidden layer"),
            .number(
                "dropout", \.dropout, .dropout, "probability with which a unit is dropped in training"),
            .flag(
                "batch_norm", \.batchNormalization, "normalise each hidden layer before its activation"),
            .word(
                "initializer", \.initializer,
                "distribution of the initial weights; by default the usual one for the activation",
                default: .following { $0.activation.defaultInitializer }))
    }

    public func check(input: ModelInput) throws(ComponentError) { _ = try input.requireNumbers() }

    public func make(_ scope: ParameterScope, input: ModelInput, outputs: Int) -> any Model {
        MLP(scope, self, inputs: input.sampleShape.elementCount, outputs: outputs)
    }

    public func activationCount(input: ModelInput, outputs: Int) -> Double {
        hidden.reduce(Double(outputs)) { $0 + Double($1) }
    }
}
