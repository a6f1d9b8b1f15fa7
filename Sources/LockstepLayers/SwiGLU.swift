import LockstepAutograd
import LockstepOperations
import LockstepTensors

/// The gated feed-forward network of Llama: w2(silu(w1 x) w3 x). Parameters `w1.weight` and `w3.weight`
/// [hidden, width], `w2.weight` [width, hidden]; with `bias` also a `bias` for each.
///
/// Shapes: [N, width] or [N, L, width] to the same. Source: Shazeer (arXiv 2002.05202), equation 6.
public struct SwiGLU: Model {
    /// The projection of the gate.
    public let w1: Linear
    /// The projection of the result.
    public let w2: Linear
    /// The projection of the value.
    public let w3: Linear

    /// Registers the parameters.
    /// - Parameter outputInitializer: that of `w2.weight`; nil for that of the other weights.
    public init(
        _ scope: ParameterScope, width: Int, hidden: Int, bias: Bool = false,
        initializer: @escaping ParameterInitializer = Initializers.fanInUniform,
        outputInitializer: ParameterInitializer? = nil
    ) {
        w1 = Linear(scope["w1"], inputs: width, outputs: hidden, bias: bias, initializer: initializer)
        w2 = Linear(
            scope["w2"], inputs: hidden, outputs: width, bias: bias,
            initializer: outputInitializer ?? initializer)
        w3 = Linear(scope["w3"], inputs: width, outputs: hidden, bias: bias, initializer: initializer)
    }

    /// Applies the network.
    public func callAsFunction(_ x: Variable) -> Variable { w2(swiglu(gate: w1(x), value: w3(x))) }
}
