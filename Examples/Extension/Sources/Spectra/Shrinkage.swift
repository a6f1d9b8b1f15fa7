import Lockstep

/// A fully connected layer whose outputs are shrunk by learned thresholds: softThreshold(x W^T + b, t).
///
/// Parameters: `linear.weight` [outputs, inputs], `linear.bias` and `threshold` [outputs].
/// Shapes: x [N, inputs] to [N, outputs].
struct Shrinkage {
    let linear: Linear
    /// t, [outputs].
    let threshold: Parameter

    /// Registers the parameters.
    /// - Parameter threshold: what all thresholds start with.
    init(_ scope: ParameterScope, inputs: Int, outputs: Int, threshold: Float) {
        linear = Linear(scope["linear"], inputs: inputs, outputs: outputs)
        self.threshold = scope.parameter(
            "threshold", shape: [outputs], role: .bias, initializer: Initializers.constant(threshold))
    }

    func callAsFunction(_ x: Variable) -> Variable {
        // In mixed precision matrix products are bfloat16.
        softThreshold(cast(linear(x), to: .float32), x.tape.variable(threshold))
    }
}
