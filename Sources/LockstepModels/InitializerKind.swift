/// The distribution of a network's weights before training. Biases start at zero.
public enum InitializerKind: String, Sendable, CaseIterable {
    /// U(-a, a), a = sqrt(6 / inputs)
    case heUniform = "he_uniform"
    /// N(0, 2 / inputs)
    case heNormal = "he_normal"
    /// U(-a, a), a = sqrt(6 / (inputs + outputs))
    case xavierUniform = "xavier_uniform"
    /// N(0, 2 / (inputs + outputs))
    case xavierNormal = "xavier_normal"
}
