/// The activation between the layers of a network.
public enum ActivationKind: String, Sendable, CaseIterable {
    /// max(0, x)
    case relu
    /// x for x > 0, otherwise 0.01 x
    case leakyReLU = "leaky_relu"
    /// 1 / (1 + exp(-x))
    case sigmoid
    /// tanh(x)
    case tanh
    /// x Phi(x), with the normal distribution function (exact, not its tanh approximation)
    case gelu

    /// The default initializer, which keeps the scale of signals through layers with this activation: He's
    /// for activations that are linear on one side, Xavier's for those that are linear around zero.
    ///
    /// Source: He et al.: Delving Deep into Rectifiers (2015), section 2.2; Glorot and Bengio: Understanding
    /// the difficulty of training deep feedforward neural networks (2010), section 4.2.
    public var defaultInitializer: InitializerKind {
        switch self {
        case .relu, .leakyReLU, .gelu: .heUniform
        case .sigmoid, .tanh: .xavierUniform
        }
    }
}
