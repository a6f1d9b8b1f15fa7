import LockstepAutograd
import LockstepContracts
import LockstepOperations
import LockstepTensors

/// Multi-head self-attention with its projections: parameters as in PyTorch's `MultiheadAttention`,
/// `in_proj_weight` [3 E, E], `in_proj_bias` [3 E], `out_proj.weight` [E, E], `out_proj.bias` [E]; with `bias`
/// false without the two biases. With fewer heads of keys and values (grouped-query attention, see
/// `attention`), the two first have E + 2 keyHeads E / heads rows.
///
/// Shapes: x [N, L, E] to [N, L, E]. Source: Vaswani et al. 2017, section 3.2.2.
public struct MultiHeadAttention {
    /// The weights of queries, keys and values, [3 E, E] unless there are fewer heads of keys.
    public let inputWeight: Parameter
    /// The biases of queries, keys and values, a number for each row of the weights; nil without biases.
    public let inputBias: Parameter?
    /// The projection of the result.
    public let output: Linear
    /// The number of heads.
    public let heads: Int
    /// The number of heads of keys and values.
    public let keyHeads: Int
    /// Whether a position attends only to itself and earlier ones.
    public let isCausal: Bool
    /// Whether queries and keys are rotated by their positions (`rotary`).
    public let isRotary: Bool

    /// Registers the parameters. Traps unless `heads` divides the width, with `isRotary` into even numbers, and
    /// `keyHeads` the heads.
    /// - Parameter keyHeads: nil for as many as there are heads.
    public init(
        _ scope: ParameterScope, width: Int, heads: Int, keyHeads: Int? = nil, isCausal: Bool,
        isRotary: Bool = false, bias: Bool = true,
        initializer: @escaping ParameterInitializer = Initializers.xavierUniform,
        outputInitializer: @escaping ParameterInitializer = Initializers.fanInUniform
    ) {
        let keyHeads = keyHeads ?? heads
        contract(
            heads > 0 && width > 0 && width % heads == 0 && (!isRotary || width / heads % 2 == 0),
            "MultiHeadAttention \(scope.path): \(heads)\(isRotary ? " rotary" : "") heads of width \(width)")
        contract(
            keyHeads > 0 && heads % keyHeads == 0,
            "MultiHeadAttention \(scope.path): \(keyHeads) heads of keys for \(heads) heads")
        let rows = width + 2 * keyHeads * (width / heads)
        inputWeight = scope.parameter(
            "in_proj_weight", shape: Shape(rows, width), role: .weight, initializer: initializer)
        inputBias =
            bias
            ? scope.parameter(
                "in_proj_bias", shape: Shape(rows), role: .bias, initializer: Initializers.zeros) : nil
        output = Linear(
            scope["out_proj"], inputs: width, outputs: width, bias: bias, initializer: outputInitializer)
        self.heads = heads
        self.keyHeads = keyHeads
        self.isCausal = isCausal
        self.isRotary = isRotary
    }

    /// Applies the layer.
    /// - Parameter lengths: [N], int32: the number of steps of each sample that are not padding; nil for all.
    public func callAsFunction(_ x: Variable, lengths: Tensor? = nil) -> Variable {
        output(
            attention(projected(x), heads: heads, keyHeads: keyHeads, isCausal: isCausal, lengths: lengths))
    }

    /// Applies the layer to further steps of one sequence, which also attend to the steps in the cache and are then added
    /// to it; see `attention(_:cache:)`. The layer has to be causal.
    ///
    /// Shapes: x [1, L, E] to [1, L, E].
    public func callAsFunction(_ x: Variable, cache: AttentionCache) -> Variable {
        contract(isCausal, "MultiHeadAttention\(x.place): only causal attention can have a cache")
        return output(attention(projected(x, firstStep: cache.steps), cache: cache))
    }

    /// Room for the keys and values of a sequence of so many steps.
    public func makeCache(steps: Int) -> AttentionCache {
        AttentionCache(
            heads: heads, keyHeads: keyHeads, dimension: inputWeight.shape[1] / heads, steps: steps)
    }

    /// x [N, L, E] to queries, keys and values [N, L, E + 2 keyHeads E / heads].
    /// - Parameter firstStep: the position of the first step.
    private func projected(_ x: Variable, firstStep: Int = 0) -> Variable {
        let qkv = linear(x, weight: inputWeight, bias: inputBias)
        guard isRotary else { return qkv }
        let (samples, steps, width) = (x.shape[0], x.shape[1], x.shape[2])
        let vectors = reshape(qkv, to: Shape(samples, steps, heads + 2 * keyHeads, width / heads))
        return reshape(rotary(vectors, heads: heads + keyHeads, firstStep: firstStep), to: qkv.shape)
    }
}
