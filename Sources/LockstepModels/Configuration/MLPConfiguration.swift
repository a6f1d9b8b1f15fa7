/// A multilayer perceptron: for each hidden layer linear, batch normalisation (if asked for), activation,
/// dropout; then a linear output layer. Images are flattened first.
///
/// Shapes: [N, ...] to [N, outputs].
public struct MLPConfiguration: Codable, Sendable, Equatable {
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
        self.initializer = initializer ?? activation.usualInitializer
    }

    /// Checks every value against its legal range.
    public func validate() throws(ModelConfigurationError) {
        for (index, units) in hidden.enumerated() {
            try ModelConfigurationCheck.width("hidden[\(index)]", units)
        }
        try ModelConfigurationCheck.dropout(dropout)
    }
}
