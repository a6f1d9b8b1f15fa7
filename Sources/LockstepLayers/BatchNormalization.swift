import LockstepAutograd
import LockstepContracts
import LockstepOperations
import LockstepTensors

/// Batch normalisation: parameters `weight` and `bias` [C]; `running_mean`, `running_var`, `num_batches_tracked`.
///
/// In training a shard's own statistics are used; the running ones get one update per step from all shards.
/// Shapes: [N, C] or [N, H, W, C]. Source: Ioffe and Szegedy 2015.
public struct BatchNormalization {
    /// The scale, [C].
    public let weight: Parameter
    /// The shift, [C].
    public let bias: Parameter
    /// What inference uses.
    public let statistics: RunningStatistics
    /// What is added to the variance.
    public let epsilon: Float
    /// What is applied to the result.
    public let activation: FusedActivation

    /// Registers parameters and running statistics.
    public init(
        _ scope: ParameterScope, channels: Int, momentum: Float = 0.1, epsilon: Float = 1e-5,
        activation: FusedActivation = .none
    ) {
        contract(
            channels > 0 && momentum >= 0 && momentum <= 1 && epsilon >= 0,
            "BatchNormalization \(scope.path): \(channels) channels, momentum \(momentum), epsilon \(epsilon)"
        )
        weight = scope.parameter(
            "weight", shape: Shape(channels), role: .scale, initializer: Initializers.ones)
        bias = scope.parameter("bias", shape: Shape(channels), role: .shift, initializer: Initializers.zeros)
        statistics = scope.runningStatistics(channels: channels, momentum: momentum)
        self.epsilon = epsilon
        self.activation = activation
    }

    /// Applies the layer.
    public func callAsFunction(_ x: Variable) -> Variable {
        batchNorm(
            x, scale: weight, shift: bias, statistics: statistics, epsilon: epsilon, activation: activation)
    }
}
