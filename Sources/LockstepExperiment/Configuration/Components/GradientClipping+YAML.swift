import LockstepConfiguration
import LockstepOptimizers

extension GradientClipping {
    /// Reads `clip: {norm: 1.0}`, `{value: 0.5}` or `none`.
    package static func read(_ section: ConfigurationSection, _ key: String, default value: Self) throws
        -> Self
    {
        let choices: [ConfigurationChoice<Self>] = [
            .word("none", .none) { $0 == .none },
            .value(
                "norm", from: { if case .norm(let maximum) = $0 { maximum } else { nil } }, to: Self.norm,
                read: {
                    try $0.double(
                        "norm", "largest norm of the averaged gradient", default: $1, .largestGradient)
                }),
            .value(
                "value", from: { if case .value(let maximum) = $0 { maximum } else { nil } }, to: Self.value,
                read: {
                    try $0.double(
                        "value", "largest magnitude of an element of the averaged gradient", default: $1,
                        .largestGradient)
                }),
        ]
        return try section.choice(key, "bound on the averaged gradient", default: value, choices)
    }
}
