import LockstepAutograd
import LockstepContracts
import LockstepOperations
import LockstepTensors

/// Batch normalization: parameters `weight` and `bias` [C]; `running_mean`, `running_var`,
/// `num_batches_tracked`.
///
/// Training uses the statistics of each shard; the running statistics get one update per step from all
/// shards. Shapes: [N, C] or [N, H, W, C]. Source: Ioffe and Szegedy 2015.
public struct BatchNormalization {
    /// The scale, [C].
    public let weight: Parameter
    /// The shift, [C].
    public let bias: Parameter
    /// The running statistics, used for inference.
    public let statistics: RunningStatistics
    /// Added to the variance to avoid division by zero.
    public let epsilon: Float
    /// The activation applied to the result.
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
