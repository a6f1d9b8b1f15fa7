import LockstepAutograd
import LockstepContracts
import LockstepOperations
import LockstepTensors

/// Group normalization: parameters `weight` and `bias` [C], as PyTorch's `GroupNorm`.
///
/// Shapes: [N, ..., C] with channels last. Source: Wu, He 2018.
public struct GroupNormalization: Model {
    /// The scale, [C].
    public let weight: Parameter
    /// The shift, [C].
    public let bias: Parameter
    /// The number of channel groups.
    public let groups: Int
    /// Added to the variance to avoid division by zero.
    public let epsilon: Float

    /// Registers the parameters. Traps unless the groups divide the channels.
    public init(_ scope: ParameterScope, groups: Int, channels: Int, epsilon: Float = 1e-5) {
        contract(
            groups > 0 && channels > 0 && channels % groups == 0 && epsilon >= 0,
            "GroupNormalization \(scope.path): \(groups) groups of \(channels) channels, epsilon \(epsilon)")
        weight = scope.parameter(
            "weight", shape: Shape(channels), role: .scale, initializer: Initializers.ones)
        bias = scope.parameter("bias", shape: Shape(channels), role: .shift, initializer: Initializers.zeros)
        self.groups = groups
        self.epsilon = epsilon
    }

    /// Applies the layer.
    public func callAsFunction(_ x: Variable) -> Variable {
        groupNorm(x, groups: groups, scale: weight, shift: bias, epsilon: epsilon)
    }
}
