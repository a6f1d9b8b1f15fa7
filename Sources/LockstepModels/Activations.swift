import LockstepAutograd
import LockstepLayers
import LockstepOperations

extension ActivationKind {
    /// The part that the preceding layer can fuse.
    var fused: FusedActivation { self == .relu ? .relu : .none }

    /// Applies the activation to the result of a layer that was made with `fused`.
    func applyUnlessFused(_ x: Variable) -> Variable {
        switch self {
        case .relu: x
        case .leakyReLU: LockstepOperations.leakyReLU(x)
        case .sigmoid: LockstepOperations.sigmoid(x)
        case .tanh: LockstepOperations.tanh(x)
        case .gelu: LockstepOperations.gelu(x)
        }
    }
}

extension InitializerKind {
    /// The distribution.
    var initializer: ParameterInitializer {
        switch self {
        case .heUniform: Initializers.heUniform
        case .heNormal: Initializers.heNormal
        case .xavierUniform: Initializers.xavierUniform
        case .xavierNormal: Initializers.xavierNormal
        }
    }
}
