/// The type of weights and activations.
///
/// Master weights, gradients of parameters, moments, statistics of normalizations and losses are always
/// float32.
public enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
    /// 32-bit floating point.
    case float32
    /// Mixed precision: matrices and activations are bfloat16.
    case bfloat16 = "bf16"
}
