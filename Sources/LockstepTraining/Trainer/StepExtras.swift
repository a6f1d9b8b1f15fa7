import LockstepDataParallel
import LockstepRunLog
import LockstepTasks

/// The values that steps log besides the loss: the sums of each phase and, if there are several phases, the loss of each.
///
/// Each value is from the phase's latest step, so that a line of the log has the values of all phases.
struct StepExtras {
    private(set) var values: StepRecord.Extras
    /// The position of each phase's first value.
    private let first: [Int]
    private let sums: [Int]
    private let isWeighted: [Bool]
    private let hasLosses: Bool

    init(_ phases: [TrainingPhase]) {
        hasLosses = phases.count > 1
        var names: [String] = []
        var first: [Int] = []
        for phase in phases {
            first.append(names.count)
            if hasLosses { names.append("loss.\(phase.name)") }
            names += phase.sums
        }
        self.first = first
        sums = phases.map(\.sums.count)
        isWeighted = phases.map(\.isWeighted)
        values = StepRecord.Extras(names)
    }

    /// Records the values of a step.
    mutating func add(_ outcome: StepOutcome, phase: Int) {
        var index = first[phase]
        if hasLosses {
            values.set(index, outcome.loss)
            index += 1
        }
        let divisor = isWeighted[phase] ? outcome.metricSums[sums[phase]] : Double(outcome.samples)
        for sum in 0..<sums[phase] {
            values.set(index + sum, outcome.metricSums[sum] / divisor)
        }
    }
}
