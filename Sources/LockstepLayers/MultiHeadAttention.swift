import LockstepAutograd
import LockstepContracts
import LockstepOperations
import LockstepTensors

/// Multi-head self-attention with its projections: parameters as in PyTorch's `MultiheadAttention`,
/// `in_proj_weight` [3 E, E], `in_proj_bias` [3 E], `out_proj.weight` [E, E], `out_proj.bias` [E].
///
/// Shapes: x [N, L, E] to [N, L, E]. Source: Vaswani et al. 2017, section 3.2.2.
public struct MultiHeadAttention {
    /// The weights of queries, keys and values, [3 E, E].
    public let inputWeight: Parameter
    /// The biases of queries, keys and values, [3 E].
    public let inputBias: Parameter
    /// The projection of the result.
    public let output: Linear
    /// The number of heads.
    public let heads: Int
    /// Whether a position attends only to itself and earlier ones.
    public let isCausal: Bool

    /// Registers the parameters. Traps unless `heads` divides the width.
    public init(
        _ scope: ParameterScope, width: Int, heads: Int, isCausal: Bool,
        initializer: @escaping ParameterInitializer = Initializers.xavierUniform,
        outputInitializer: @escaping ParameterInitializer = Initializers.fanInUniform
    ) {
        contract(
            heads > 0 && width > 0 && width % heads == 0,
            "MultiHeadAttention \(scope.path): \(heads) heads of width \(width)")
        inputWeight = scope.parameter(
            "in_proj_weight", shape: Shape(3 * width, width), role: .weight, initializer: initializer)
        inputBias = scope.parameter(
            "in_proj_bias", shape: Shape(3 * width), role: .bias, initializer: Initializers.zeros)
        output = Linear(scope["out_proj"], inputs: width, outputs: width, initializer: outputInitializer)
        self.heads = heads
        self.isCausal = isCausal
    }

    /// Applies the layer.
    /// - Parameter lengths: [N], int32: the number of steps of each sample that are not padding; nil for all.
    public func callAsFunction(_ x: Variable, lengths: Tensor? = nil) -> Variable {
        let qkv = linear(x, weight: inputWeight, bias: inputBias)
        return output(attention(qkv, heads: heads, isCausal: isCausal, lengths: lengths))
    }
}
