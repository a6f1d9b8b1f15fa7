import LockstepAutograd

/// A network, which computes predictions from a batch. The trainer does everything else (loss, shards,
/// ranks).
///
/// ```swift
/// struct Classifier: Model {
///     let hidden: Linear, output: Linear
///     init(_ scope: ParameterScope, inputs: Int, classes: Int) {
///         hidden = Linear(scope["hidden"], inputs: inputs, outputs: 128)
///         output = Linear(scope["output"], inputs: 128, outputs: classes)
///     }
///     func callAsFunction(_ x: Variable) -> Variable { output(relu(hidden(x))) }
/// }
/// ```
public protocol Model {
    /// The forward pass of one shard: x [N, ...] to [N, outputs].
    func callAsFunction(_ x: Variable) -> Variable
}
