import LockstepCollectives
import LockstepDataParallel
import LockstepRunLog
import LockstepTasks
import LockstepText
import LockstepTrackers

/// What a trainer does with parameters besides updating them.
extension Trainer {
    /// Gives trackers the histograms of a phase after a step of it. Collective.
    func track(_ histograms: ParameterHistograms, phase: Int) throws {
        let values = try histograms.collect(dataParallel, communicator, phase: phase)
        let places = histograms.take(phase: phase)
        guard communicator.rank == 0 else { return }
        for place in places { note { try trackers[place].histograms(values, step: dataParallel.step) } }
    }

    /// Freezes and unfreezes parameters before a step. Collective.
    func reassign(ofStep step: Int) throws {
        checkpoints.finish()
        try dataParallel.reassign(plan.rules(ofStep: step))
        if communicator.rank == 0 {
            let count = dataParallel.store.parameters.reduce(0) {
                $0 + ($1.phase == nil ? 0 : $1.elementCount)
            }
            log.console.write("Step \(step + 1): from now on \(grouped(count)) parameters are trained.")
        }
    }

    /// Synchronizes the parameters, and ends all ranks if a parameter or a running statistic is infinite or NaN. Collective.
    func requireFiniteState() throws {
        try dataParallel.synchronize()
        guard let name = dataParallel.nonFiniteTensor else { return }
        throw TrainingError.nonFiniteTensor(
            name: name, origin: .step(dataParallel.step, newest: newestCheckpoint))
    }
}
