import LockstepAutograd
import LockstepOperations

/// An activation as a layer: no parameters, any shape.
public enum Activation: Model, Sendable, Hashable {
    /// max(x, 0)
    case relu
    /// x for x > 0, else slope x
    case leakyReLU(slope: Float = 0.01)
    /// 1 / (1 + e^-x)
    case sigmoid
    /// tanh(x)
    case tanh
    /// x Phi(x), or its approximation by tanh
    case gelu(approximation: GELUApproximation = .none)
    /// x / (1 + e^-x)
    case silu
    /// log(1 + e^(beta x)) / beta
    case softplus(beta: Float = 1)

    /// Applies the function.
    public func callAsFunction(_ x: Variable) -> Variable {
        switch self {
        case .relu: LockstepOperations.relu(x)
        case .leakyReLU(let slope): LockstepOperations.leakyReLU(x, slope: slope)
        case .sigmoid: LockstepOperations.sigmoid(x)
        case .tanh: LockstepOperations.tanh(x)
        case .gelu(let approximation): LockstepOperations.gelu(x, approximation: approximation)
        case .silu: LockstepOperations.silu(x)
        case .softplus(let beta): LockstepOperations.softplus(x, beta: beta)
        }
    }
}
