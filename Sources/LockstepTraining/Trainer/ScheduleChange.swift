import LockstepExperiment
import LockstepText

/// A jump of the learning rate in a run that continues with another schedule, or with another number of steps.
struct ScheduleChange {
    /// The message for the log.
    let text: String

    /// Nil if the learning rate of the next step has not changed.
    init?(
        from before: TrainingConfiguration, to now: TrainingConfiguration, step: Int, stepsPerEpoch: Int
    ) {
        let (oldSteps, newSteps) = (
            before.totalSteps(stepsPerEpoch: stepsPerEpoch), now.totalSteps(stepsPerEpoch: stepsPerEpoch)
        )
        guard step > 0, step < newSteps else { return nil }
        func rate(_ configuration: TrainingConfiguration, _ step: Int, _ steps: Int) -> Double {
            configuration.schedule.learningRate(
                step: step, totalSteps: steps, base: configuration.optimizer.learningRate)
        }
        let (old, new) = (rate(before, step, oldSteps), rate(now, step, newSteps))
        guard abs(new - old) > 1e-6 * max(abs(new), abs(old)) else { return nil }
        let last = rate(before, step - 1, oldSteps)
        let reason =
            before.schedule.isSame(as: now.schedule)
                && before.optimizer.learningRate == now.optimizer.learningRate
            ? "schedule.\(now.schedule.name) now spans \(grouped(newSteps)) steps instead of \(grouped(oldSteps))"
            : "the schedule or the learning rate has changed"
        text =
            "The learning rate changes from \(Float(last)) in step \(grouped(step)) to \(Float(new)) in step \(grouped(step + 1)): "
            + "\(reason)."
    }
}
