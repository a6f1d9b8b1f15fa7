import LockstepAutograd
import LockstepContracts
import LockstepOperations
import LockstepTensors

/// Multi-head self-attention with its projections: parameters as in PyTorch's `MultiheadAttention`,
/// `in_proj_weight` [3 E, E], `in_proj_bias` [3 E], `out_proj.weight` [E, E], `out_proj.bias` [E]; with `bias`
/// false without the two biases.
///
/// Shapes: x [N, L, E] to [N, L, E]. Source: Vaswani et al. 2017, section 3.2.2.
public struct MultiHeadAttention {
    /// The weights of queries, keys and values, [3 E, E].
    public let inputWeight: Parameter
    /// The biases of queries, keys and values, [3 E]; nil without biases.
    public let inputBias: Parameter?
    /// The projection of the result.
    public let output: Linear
    /// The number of heads.
    public let heads: Int
    /// Whether a position attends only to itself and earlier ones.
    public let isCausal: Bool
    /// Whether queries and keys are rotated by their positions (`rotary`).
    public let isRotary: Bool

    /// Registers the parameters. Traps unless `heads` divides the width, with `isRotary` into even numbers.
    public init(
        _ scope: ParameterScope, width: Int, heads: Int, isCausal: Bool, isRotary: Bool = false,
        bias: Bool = true,
        initializer: @escaping ParameterInitializer = Initializers.xavierUniform,
        outputInitializer: @escaping ParameterInitializer = Initializers.fanInUniform
    ) {
        contract(
            heads > 0 && width > 0 && width % heads == 0 && (!isRotary || width / heads % 2 == 0),
            "MultiHeadAttention \(scope.path): \(heads)\(isRotary ? " rotary" : "") heads of width \(width)")
        inputWeight = scope.parameter(
            "in_proj_weight", shape: Shape(3 * width, width), role: .weight, initializer: initializer)
        inputBias =
            bias
            ? scope.parameter(
                "in_proj_bias", shape: Shape(3 * width), role: .bias, initializer: Initializers.zeros) : nil
        output = Linear(
            scope["out_proj"], inputs: width, outputs: width, bias: bias, initializer: outputInitializer)
        self.heads = heads
        self.isCausal = isCausal
        self.isRotary = isRotary
    }

    /// Applies the layer.
    /// - Parameter lengths: [N], int32: the number of steps of each sample that are not padding; nil for all.
    public func callAsFunction(_ x: Variable, lengths: Tensor? = nil) -> Variable {
        output(attention(projected(x), heads: heads, isCausal: isCausal, lengths: lengths))
    }

    /// Applies the layer to further steps of one sequence, which also attend to the steps in the cache and are then added
    /// to it; see `attention(_:cache:)`. The layer has to be causal.
    ///
    /// Shapes: x [1, L, E] to [1, L, E].
    public func callAsFunction(_ x: Variable, cache: AttentionCache) -> Variable {
        contract(isCausal, "MultiHeadAttention\(x.place): only causal attention can have a cache")
        return output(attention(projected(x, firstStep: cache.steps), cache: cache))
    }

    /// x [N, L, E] to queries, keys and values [N, L, 3 E].
    /// - Parameter firstStep: the position of the first step.
    private func projected(_ x: Variable, firstStep: Int = 0) -> Variable {
        let qkv = linear(x, weight: inputWeight, bias: inputBias)
        guard isRotary else { return qkv }
        let (samples, steps, width) = (x.shape[0], x.shape[1], x.shape[2])
        let vectors = reshape(qkv, to: Shape(samples, steps, 3 * heads, width / heads))
        return reshape(rotary(vectors, heads: 2 * heads, firstStep: firstStep), to: qkv.shape)
    }
}
