/// The type of a network's weights and activations.
///
/// Master weights, gradients of parameters, moments, statistics of normalisations and losses are float32 always.
public enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
    /// 32-bit floating point.
    case float32
    /// Mixed precision: matrices and what flows between layers are bfloat16.
    case bfloat16 = "bf16"
}
