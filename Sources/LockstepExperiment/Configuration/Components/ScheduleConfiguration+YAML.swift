import LockstepConfiguration
import LockstepOptimizers
import LockstepTensors

extension ScheduleConfiguration {
    /// The word for the shape in a run file.
    public var name: String {
        switch shape {
        case .constant: "constant"
        case .step: "step"
        case .milestones: "milestones"
        case .exponential: "exponential"
        case .polynomial: "polynomial"
        case .cosine: "cosine"
        case .oneCycle: "one_cycle"
        }
    }

    /// Reads `schedule: {cosine: {warmup_steps: 200}}`: the keys of a shape, and with each shape those of the warm-up.
    /// What depends on two values is checked by `validate()`.
    package static func read(_ section: ConfigurationSection, _ key: String, default value: Self) throws
        -> Self
    {
        func choice(
            _ name: String, _ readShape: @escaping (ConfigurationSection, Shape?) throws -> Shape
        ) -> ConfigurationChoice<Self> {
            .map(
                name, from: { $0.name == name ? $0 : nil }, to: { $0 },
                read: { section, value in
                    Self(
                        try readShape(section, value?.shape),
                        warmupSteps: try section.integer(
                            "warmup_steps",
                            "steps over which the learning rate grows linearly to its full value",
                            default: value?.warmupSteps ?? 0, .warmupSteps),
                        warmupStart: try section.automaticDouble(
                            "warmup_start",
                            "factor on the learning rate at step 0 of the warm-up; auto: 1 / warmup_steps",
                            default: value?.warmupStart, .warmupStart))
                })
        }
        let choices = [
            choice("constant") { _, _ in .constant }, choice("step", step), choice("milestones", milestones),
            choice("exponential", exponential), choice("polynomial", polynomial), choice("cosine", cosine),
            choice("one_cycle", oneCycle),
        ]
        return try section.choice(key, "course of the learning rate", default: value, choices)
    }

    private static func step(_ section: ConfigurationSection, _ value: Shape?) throws -> Shape {
        let usual: (every: Int?, factor: Double) =
            if case .step(let every, let factor) = value { (every, factor) } else { (nil, 0.1) }
        return .step(
            every: try section.integer(
                "every", "steps between two reductions", default: usual.every, .reductionInterval),
            factor: try section.double(
                "factor", "factor of each reduction", default: usual.factor, .reduction))
    }

    private static func milestones(_ section: ConfigurationSection, _ value: Shape?) throws -> Shape {
        let usual: (steps: [Int]?, factor: Double) =
            if case .milestones(let steps, let factor) = value { (steps, factor) } else { (nil, 0.1) }
        return .milestones(
            try section.integers(
                "milestones", "steps at which the rate is reduced, ascending", default: usual.steps,
                .milestone),
            factor: try section.double(
                "factor", "factor of each reduction", default: usual.factor, .reduction))
    }

    private static func exponential(_ section: ConfigurationSection, _ value: Shape?) throws -> Shape {
        let usual: Double? = if case .exponential(let decay) = value { decay } else { nil }
        return .exponential(
            decay: try section.double("decay", "factor of every step", default: usual, .decayOfEveryStep))
    }

    private static func polynomial(_ section: ConfigurationSection, _ value: Shape?) throws -> Shape {
        let usual: (power: Double, final: Double) =
            if case .polynomial(let power, let final) = value { (power, final) } else { (1, 0) }
        return .polynomial(
            power: try section.double(
                "power", "exponent of the share of steps that is left", default: usual.power, .power),
            final: try section.double(
                "final", "factor on the learning rate at the end", default: usual.final, .finalFactor))
    }

    private static func cosine(_ section: ConfigurationSection, _ value: Shape?) throws -> Shape {
        let usual: Double = if case .cosine(let final) = value { final } else { 0 }
        return .cosine(
            final: try section.double(
                "final", "factor on the learning rate at the end", default: usual, .finalFactor))
    }

    /// PyTorch's constants are the usual ones.
    private static func oneCycle(_ section: ConfigurationSection, _ value: Shape?) throws -> Shape {
        var usual = (peak: 1.0, rise: 0.3, divisor: 25.0, finalDivisor: 1e4)
        if case .oneCycle(let peak, let rise, let divisor, let finalDivisor) = value {
            usual = (peak, rise, divisor, finalDivisor)
        }
        return .oneCycle(
            peak: try section.double(
                "peak", "factor on the learning rate at its highest", default: usual.peak, .peak),
            rise: try section.double("rise", "share of the steps up to the peak", default: usual.rise, .rise),
            divisor: try section.double(
                "divisor", "the peak divided by this is the first rate", default: usual.divisor, .divisor),
            finalDivisor: try section.double(
                "final_divisor", "the first rate divided by this is the last", default: usual.finalDivisor,
                .divisor))
    }
}
