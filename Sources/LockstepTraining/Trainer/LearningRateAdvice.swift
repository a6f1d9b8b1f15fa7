import Foundation
import LockstepOptimizers
import LockstepText

/// Warnings about learning rates with which a network is unlikely to learn.
enum LearningRateAdvice {
    /// A warning for each phase whose largest learning rate is outside its optimizer's usual range.
    static func warnings(_ plan: PhasePlan, steps: Int) -> [String] {
        plan.entries.compactMap { entry in
            warning(
                entry.optimizer, largest: largest(entry, steps: steps),
                key: plan.entries.count > 1
                    ? "optimizer.\(entry.optimizer.name).learning_rate of the phase \(entry.phase.name)"
                    : "optimizer.\(entry.optimizer.name).learning_rate")
        }
    }

    private static func warning(
        _ optimizer: any OptimizerComponent, largest: Double, key: String
    ) -> String? {
        // A rate of 0 is intended: nothing is trained.
        guard let usual = type(of: optimizer).usualLearningRates, largest > 0, !usual.contains(largest) else {
            return nil
        }
        let isLarge = largest > usual.upperBound
        let subject =
            largest == optimizer.learningRate
            ? "\(key) is \(text(largest))"
            : "\(key) is \(text(optimizer.learningRate)), and the largest rate of the schedule is \(text(largest))"
        return
            "\(subject), but usual rates of \(optimizer.name) are \(text(usual.lowerBound)) to \(text(usual.upperBound)): the "
            + (isLarge ? "loss will probably grow or stay large" : "parameters will hardly change")
            + "; the default is \(text(standard(optimizer)))"
    }

    /// The largest learning rate of a phase, among a hundred of its steps and the end of its warm-up.
    static func largest(_ entry: PhasePlan.Entry, steps: Int) -> Double {
        let last = max(0, steps - 1)
        var largest = 0.0
        for part in 0...101 {
            let step = part > 100 ? entry.schedule.warmup.steps : Int(Double(last) * Double(part) / 100)
            guard step <= last else { continue }
            let rate = entry.schedule.learningRate(
                step: step, totalSteps: steps, base: entry.optimizer.learningRate)
            largest = max(largest, rate)
        }
        return largest
    }

    /// What to try after a run whose loss never fell.
    /// - Parameters:
    ///   - largest: the largest rate of the schedule.
    ///   - hasGrown: whether the loss is larger than at the beginning.
    static func next(_ optimizer: any OptimizerComponent, largest: Double, hasGrown: Bool) -> String {
        let rate = optimizer.learningRate
        var suggested = rate * (hasGrown ? 0.1 : 10)
        if let usual = type(of: optimizer).usualLearningRates {
            guard usual.contains(largest) || !usual.contains(rate) else {
                return
                    "Try a schedule with \(largest > usual.upperBound ? "smaller" : "larger") learning rates: "
                    + "its largest is \(text(largest))."
            }
            suggested =
                usual.contains(rate)
                ? min(max(suggested, usual.lowerBound), usual.upperBound) : standard(optimizer)
        }
        let check = "check that inputs and targets belong to the same samples."
        guard suggested != rate else { return check.prefix(1).uppercased() + check.dropFirst() }
        return
            "Try a \(suggested < rate ? "smaller" : "larger") learning rate "
            + "(--set optimizer.\(optimizer.name).learning_rate=\(text(suggested))), and \(check)"
    }

    private static func standard(_ optimizer: any OptimizerComponent) -> Double {
        type(of: optimizer).init().learningRate
    }

    /// A rate or a loss.
    static func text(_ rate: Double) -> String {
        var buffer = TextBuffer()
        buffer.append(rate, digits: 6)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }
}
