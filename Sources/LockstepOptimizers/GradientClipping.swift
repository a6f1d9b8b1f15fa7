import LockstepConfiguration

/// How large gradients are clipped, after they have been averaged over all samples.
public enum GradientClipping: ConfigurableChoice, Hashable {
    /// No clipping.
    case none
    /// All gradients are multiplied by min(1, maximum / (norm + 1e-6)), as PyTorch's `clip_grad_norm_` does.
    case norm(Double)
    /// Each gradient is clamped to [-maximum, maximum].
    case value(Double)

    /// The factor for gradients whose Euclidean norm, all parameters together, is `norm`.
    public func coefficient(norm: Double) -> Double {
        guard case .norm(let maximum) = self else { return 1 }
        let coefficient = maximum / (norm + 1e-6)
        // Not `min`, which would drop NaN.
        return coefficient >= 1 ? 1 : coefficient
    }

    /// The largest absolute value of a gradient.
    public var limit: Double {
        guard case .value(let maximum) = self else { return .infinity }
        return maximum
    }

    public static var choices: [ConfigurationChoice<Self>] {
        [
            .word("none", .none),
            .number(
                "norm", from: { if case .norm(let maximum) = $0 { maximum } else { nil } }, to: Self.norm,
                .largestGradient, "largest norm of the averaged gradient"),
            .number(
                "value", from: { if case .value(let maximum) = $0 { maximum } else { nil } }, to: Self.value,
                .largestGradient, "largest magnitude of an element of the averaged gradient"),
        ]
    }
}
