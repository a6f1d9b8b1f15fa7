import LockstepCheckpoints
import LockstepDataParallel
import LockstepExperiment
import LockstepRunLog
import LockstepText

/// The final model of a run with `early_stopping.restore_best`.
extension Trainer {
    /// Loads the parameters of the best evaluation from its checkpoint, after the last checkpoint of training is complete. Collective.
    ///
    /// The state after the last step stays in `checkpoints/latest`, from which a resume continues.
    /// - Returns: the step of the parameters; nil if they do not change.
    func useBestParameters() throws -> Int? {
        guard configuration.earlyStopping?.restoreBest == true, let best else { return nil }
        guard best.step != dataParallel.step else { return best.step }
        checkpoints.finish()
        let path = CheckpointStore(directoryPath + "/checkpoints").path(best.step)
        try communicator.together {
            guard communicator.rank == 0 else { return }
            let checkpoint = try Checkpoint(verifying: path)
            try SafetensorsFile(checkpoint.modelPath).read(into: dataParallel.modelState.map(\.destination))
            let averages = dataParallel.optimizerState.filter {
                $0.name.hasPrefix(DataParallel.averagePrefix)
            }
            try SafetensorsFile(checkpoint.optimizerPath).read(
                into: averages.map(\.destination), isComplete: false)
        }
        try dataParallel.shareState(updates: dataParallel.updates, parametersOnly: true)
        dataParallel.refreshAverages()
        // The last evaluation was with other parameters.
        validation = nil
        if communicator.rank == 0 {
            log.console.write(
                "The final model has the parameters after step \(grouped(best.step)), the best by \(best.watched.metric)."
            )
        }
        return best.step
    }
}
