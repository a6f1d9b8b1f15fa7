import LockstepAutograd
import LockstepConfiguration
import LockstepLayers

/// A multilayer perceptron: for each hidden layer linear, optional batch normalization, activation, dropout;
/// then a linear output layer. Images are flattened first.
///
/// Shapes: [N, ...] to [N, outputs].
public struct MLPConfiguration: ModelComponent, Equatable {
    /// The units of each hidden layer, from the input on; empty makes a linear model.
    public var hidden: [Int]
    /// The activation after each hidden layer.
    public var activation: ActivationKind
    /// The probability of dropping a hidden unit in training.
    public var dropout: Double
    /// Whether to normalize each hidden layer before its activation.
    public var batchNormalization: Bool
    /// The distribution of the initial weights.
    public var initializer: InitializerKind

    /// Makes a configuration; `initializer` nil takes the default of the activation.
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
                "batch_norm", \.batchNormalization,
                "normalize each hidden layer before its activation, by the statistics of a shard"),
            .word(
                "initializer", \.initializer,
                "distribution of the initial weights; by default the one for the activation",
                default: .following { $0.activation.defaultInitializer }))
    }

    public func check(input: ModelInput) throws(ComponentError) { _ = try input.requireNumbers() }

    public var needsOneShape: Bool { true }

    public func make(_ scope: ParameterScope, input: ModelInput, outputs: Int) -> any Model {
        MLP(scope, self, inputs: input.sampleShape.elementCount, outputs: outputs)
    }

    public func activationCount(input: ModelInput, outputs: Int) -> Double {
        hidden.reduce(Double(outputs)) { $0 + Double($1) }
    }
}
