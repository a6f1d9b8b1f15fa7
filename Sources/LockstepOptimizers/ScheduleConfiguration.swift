import Glibc
import LockstepTensors

/// How the learning rate changes from step to step: a pure function of the step, so nothing has to be saved.
///
/// Steps are counted from 0. After `warmupSteps` of linear warm-up, the shape's own steps start at 0; its length is
/// what is left of the run.
public struct ScheduleConfiguration: Codable, Sendable, Hashable {
    /// The course of the learning rate after the warm-up, as a factor on the optimizer's learning rate.
    public enum Shape: Codable, Sendable, Hashable {
        /// 1.
        case constant
        /// factor^(number of whole `every` steps passed): PyTorch's `StepLR`.
        case step(every: Int, factor: Double)
        /// factor^(number of milestones passed): PyTorch's `MultiStepLR`.
        case milestones([Int], factor: Double)
        /// decay^step: PyTorch's `ExponentialLR`.
        case exponential(decay: Double)
        /// (1 - final) (1 - step / length)^power + final; with final 0 PyTorch's `PolynomialLR`.
        case polynomial(power: Double, final: Double)
        /// final + (1 - final) (1 + cos(pi step / length)) / 2: PyTorch's `CosineAnnealingLR`.
        case cosine(final: Double)
        /// PyTorch's `OneCycleLR` with cosine annealing: from peak / divisor up to peak in the first `rise` of the steps,
        /// then down to peak / divisor / finalDivisor. The peak is the optimizer's learning rate times `peak`.
        case oneCycle(peak: Double, rise: Double, divisor: Double, finalDivisor: Double)
    }

    /// The course after the warm-up.
    public var shape: Shape
    /// The steps over which the learning rate grows from `warmupStart` of its value to all of it; 0 for none.
    public var warmupSteps: Int
    /// The factor at step 0 of the warm-up, as `start_factor` of PyTorch's `LinearLR`; nil means 1 / warmupSteps.
    public var warmupStart: Double?

    /// A schedule.
    public init(_ shape: Shape = .constant, warmupSteps: Int = 0, warmupStart: Double? = nil) {
        self.shape = shape
        self.warmupSteps = warmupSteps
        self.warmupStart = warmupStart
    }

    /// The learning rate of a step.
    /// - Parameters:
    ///   - step: counted from 0.
    ///   - totalSteps: the length of the whole run, warm-up included.
    ///   - base: the optimizer's learning rate.
    public func learningRate(step: Int, totalSteps: Int, base: Double) -> Double {
        if step < warmupSteps {
            let start = warmupStart ?? 1 / Double(warmupSteps)
            return base * (start + (1 - start) * Double(step) / Double(warmupSteps))
        }
        return base * factor(Double(step - warmupSteps), length: Double(max(1, totalSteps - warmupSteps)))
    }

    private func factor(_ step: Double, length: Double) -> Double {
        let share = min(1, step / length)
        switch shape {
        case .constant: return 1
        case .step(let every, let factor): return pow(factor, (step / Double(every)).rounded(.down))
        case .milestones(let list, let factor):
            return pow(factor, Double(list.count { Double($0) <= step }))
        case .exponential(let decay): return pow(decay, step)
        case .polynomial(let power, let final): return (1 - final) * pow(1 - share, power) + final
        case .cosine(let final): return final + (1 - final) * (1 + cos(Double.pi * share)) / 2
        case .oneCycle(let peak, let rise, let divisor, let finalDivisor):
            // Negative if the rise is shorter than a step: the first step is then on the way down.
            let top = rise * length - 1
            if step <= top { return peak * anneal(1 / divisor, 1, top > 0 ? step / top : 0) }
            let descent = (step - top) / (length - 1 - top)
            return peak * anneal(1, 1 / divisor / finalDivisor, min(1, descent))
        }
    }

    private func anneal(_ start: Double, _ end: Double, _ share: Double) -> Double {
        end + (start - end) / 2 * (1 + cos(Double.pi * share))
    }

    /// Checks every value against its legal range.
    public func validate() throws(OptimizerError) {
        try OptimizerError.require(warmupSteps, in: .warmupSteps, "warmup_steps")
        if let warmupStart { try OptimizerError.require(warmupStart, in: .warmupStart, "warmup_start") }
        switch shape {
        case .constant: return
        case .step(let every, let factor):
            try OptimizerError.require(every, in: .reductionInterval, "every")
            try OptimizerError.require(factor, in: .reduction, "factor")
        case .milestones(let list, let factor):
            for step in list { try OptimizerError.require(step, in: .milestone, "milestones") }
            try OptimizerError.require(
                list == list.sorted(), "milestones", Double(list.first ?? 0), "ascending steps")
            try OptimizerError.require(factor, in: .reduction, "factor")
        case .exponential(let decay):
            try OptimizerError.require(decay, in: .decayOfEveryStep, "decay")
        case .polynomial(let power, let final):
            try OptimizerError.require(power, in: .power, "power")
            try OptimizerError.require(final, in: .finalFactor, "final")
        case .cosine(let final):
            try OptimizerError.require(final, in: .finalFactor, "final")
        case .oneCycle(let peak, let rise, let divisor, let finalDivisor):
            try OptimizerError.require(peak, in: .peak, "peak")
            try OptimizerError.require(rise, in: .rise, "rise")
            try OptimizerError.require(divisor, in: .divisor, "divisor")
            try OptimizerError.require(finalDivisor, in: .divisor, "final_divisor")
        }
    }
}
