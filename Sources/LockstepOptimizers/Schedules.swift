import Glibc
import LockstepConfiguration

/// The factor is 1.
public struct ConstantSchedule: ScheduleComponent, Hashable {
    public var warmup = WarmUp()

    public init() {}

    public static let name = "constant"
    public static var keys: KeyTable<Self> { KeyTable(.including(\.warmup)) }

    public func factor(step: Double, length: Double) -> Double { 1 }
}

/// reduction^(number of whole `every` steps passed): PyTorch's `StepLR`.
public struct StepSchedule: ScheduleComponent, Hashable {
    /// The steps between two reductions.
    public var every = 1
    /// The factor of each reduction.
    public var reduction = 0.1
    public var warmup = WarmUp()

    public init() {}

    public static let name = "step"
    public static var keys: KeyTable<Self> {
        KeyTable(
            .integer(
                "every", \.every, .reductionInterval, "steps between two reductions", default: .required),
            .number("factor", \.reduction, .reduction, "factor of each reduction"),
            .including(\.warmup))
    }

    public var firstReduction: Int? { every }

    public func factor(step: Double, length: Double) -> Double {
        pow(reduction, (step / Double(every)).rounded(.down))
    }
}

/// reduction^(number of milestones passed): PyTorch's `MultiStepLR`.
public struct MilestonesSchedule: ScheduleComponent, Hashable {
    /// The steps at which the learning rate is reduced, in ascending order.
    public var milestones: [Int] = []
    /// The factor of each reduction.
    public var reduction = 0.1
    public var warmup = WarmUp()

    public init() {}

    public static let name = "milestones"
    public static var keys: KeyTable<Self> {
        KeyTable(
            .integers(
                "milestones", \.milestones, .milestone, "steps at which the rate is reduced, ascending",
                default: .required),
            .number("factor", \.reduction, .reduction, "factor of each reduction"),
            .including(\.warmup))
    }

    public func check() throws(ComponentError) {
        guard milestones == milestones.sorted() else {
            throw ComponentError(
                path: "milestones", problem: "must be ascending steps; got \(milestones.first ?? 0)")
        }
    }

    public var firstReduction: Int? { milestones.first }

    public func factor(step: Double, length: Double) -> Double {
        pow(reduction, Double(milestones.count { Double($0) <= step }))
    }
}

/// decay^step: PyTorch's `ExponentialLR`.
public struct ExponentialSchedule: ScheduleComponent, Hashable {
    /// The factor applied in every step.
    public var decay = 1.0
    public var warmup = WarmUp()

    public init() {}

    public static let name = "exponential"
    public static var keys: KeyTable<Self> {
        KeyTable(
            .number("decay", \.decay, .decayOfEveryStep, "factor of every step", default: .required),
            .including(\.warmup))
    }

    public func factor(step: Double, length: Double) -> Double { pow(decay, step) }
}

/// (1 - final) (1 - step / length)^power + final; with final 0 PyTorch's `PolynomialLR`.
public struct PolynomialSchedule: ScheduleComponent, Hashable {
    /// The exponent of the share of the remaining steps.
    public var power = 1.0
    /// The factor on the learning rate at the end.
    public var final = 0.0
    public var warmup = WarmUp()

    public init() {}

    public static let name = "polynomial"
    public static var keys: KeyTable<Self> {
        KeyTable(
            .number("power", \.power, .power, "exponent of the share of steps that is left"),
            .number("final", \.final, .finalFactor, "factor on the learning rate at the end"),
            .including(\.warmup))
    }

    public func factor(step: Double, length: Double) -> Double {
        (1 - final) * pow(1 - min(1, step / length), power) + final
    }
}

/// final + (1 - final) (1 + cos(pi step / length)) / 2: PyTorch's `CosineAnnealingLR`.
public struct CosineSchedule: ScheduleComponent, Hashable {
    /// The factor on the learning rate at the end.
    public var final = 0.0
    public var warmup = WarmUp()

    public init() {}

    public static let name = "cosine"
    public static var keys: KeyTable<Self> {
        KeyTable(
            .number("final", \.final, .finalFactor, "factor on the learning rate at the end"),
            .including(\.warmup))
    }

    public func factor(step: Double, length: Double) -> Double {
        final + (1 - final) * (1 + cos(Double.pi * min(1, step / length))) / 2
    }
}

/// PyTorch's `OneCycleLR` with cosine annealing: from peak / divisor up to peak in the first `rise` of the steps,
/// then down to peak / divisor / finalDivisor. The peak is the optimizer's learning rate times `peak`.
///
/// The defaults are PyTorch's.
public struct OneCycleSchedule: ScheduleComponent, Hashable {
    /// The factor on the learning rate at its peak.
    public var peak = 1.0
    /// The share of the steps up to the peak.
    public var rise = 0.3
    /// The peak divided by this is the first learning rate.
    public var divisor = 25.0
    /// The first learning rate divided by this is the last.
    public var finalDivisor = 1e4
    public var warmup = WarmUp()

    public init() {}

    public static let name = "one_cycle"
    public static var keys: KeyTable<Self> {
        KeyTable(
            .number("peak", \.peak, .peak, "factor on the learning rate at its highest"),
            .number("rise", \.rise, .rise, "share of the steps up to the peak"),
            .number("divisor", \.divisor, .divisor, "the peak divided by this is the first rate"),
            .number(
                "final_divisor", \.finalDivisor, .divisor, "the first rate divided by this is the last"),
            .including(\.warmup))
    }

    public func factor(step: Double, length: Double) -> Double {
        // Negative if the rise is shorter than a step: the first step is then already in the descent.
        let top = rise * length - 1
        if step <= top { return peak * anneal(1 / divisor, 1, top > 0 ? step / top : 0) }
        let descent = (step - top) / (length - 1 - top)
        return peak * anneal(1, 1 / divisor / finalDivisor, min(1, descent))
    }

    private func anneal(_ start: Double, _ end: Double, _ share: Double) -> Double {
        end + (start - end) / 2 * (1 + cos(Double.pi * share))
    }
}
