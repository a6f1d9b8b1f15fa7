/// A part of a network with activation checkpointing (gradient checkpointing): the forward pass keeps only the
/// input of the part; backward computes the part again before its gradients. Training needs less memory and
/// more time, and has the same bits.
///
/// ```swift
/// struct Network: Model {
///     let blocks: [ActivationCheckpoint], output: Linear
///     init(_ scope: ParameterScope) {
///         blocks = (0..<12).map {
///             let block = Block(scope["blocks"][$0])
///             return ActivationCheckpoint { block($0) }
///         }
///         ...
/// ```
///
/// Make it once, with the model: an object per pass would allocate memory in each step. It may be called several
/// times in a pass.
///
/// The second computation has the values of the first:
/// - Random draws are those of the step, shard and layer. Running statistics of batch normalizations are not added
///   a second time.
/// - Operations have the same places on the tape, so gradients are added, and those of parameters become final, in
///   the same order as without.
///
/// Checkpoints may be nested. The inner checkpoint saves memory while the outer one is recomputed; its operations are
/// then computed three times in all. Where nothing needs a gradient, as in an evaluation, a checkpoint only calls its body.
///
/// Source: Chen et al.: Training Deep Nets with Sublinear Memory Cost, 2016.
public final class ActivationCheckpoint {
    let body: (Variable) -> Variable

    /// Makes a checkpoint of the operations in `body`.
    /// - Parameter body: a function of its argument and of parameters alone, which records the same operations each
    ///   time. Other variables of a pass may not be used in it, nor may those in it be used outside.
    public init(_ body: @escaping (Variable) -> Variable) { self.body = body }

    /// Computes the part, without keeping more than `x` for backward.
    public func callAsFunction(_ x: Variable) -> Variable { x.tape.record(self, x) }
}
