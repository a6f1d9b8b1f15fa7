import LockstepCheckpoints
import LockstepConfiguration
import LockstepRunLog

/// Which checkpoint of a run is meant.
public enum CheckpointChoice: Sendable {
    /// The newest undamaged one; of a run with `early_stopping.restore_best` the one of the best evaluation.
    case configured
    /// The one of the best evaluation.
    case best
}

extension CheckpointFinder {
    /// The checkpoint of a run's best evaluation.
    ///
    /// The newest checkpoint records which one that is; the link `best` is not needed.
    /// - Throws: `CheckpointError` when there was no evaluation, or its checkpoint is missing or damaged.
    static func best(of run: String) throws(CheckpointError) -> Checkpoint {
        let store = CheckpointStore("\(run)/checkpoints")
        let found = store.newestComplete()
        guard let newest = found.checkpoint else {
            throw found.refused.isEmpty ? absent(run) : CheckpointStore.noneUsable(in: run, found.refused)
        }
        let state = try newest.state()
        guard state.has(BestEvaluation.section) else {
            throw .nothingToResume(
                "\(run) has no best checkpoint: the validation split was not evaluated before step \(newest.step). Leave --best out, or "
                    + "train with data that have a validation split.")
        }
        let best = try state.get(BestEvaluation.section, as: BestEvaluation.self)
        guard store.steps().contains(best.step) else {
            throw .nothingToResume(
                "\(run): the checkpoint of the best evaluation (\(best.text)) was not kept. Leave --best out, or train with "
                    + "checkpoint.keep_best: true.")
        }
        do throws(CheckpointError) {
            return try Checkpoint(verifying: store.path(best.step))
        } catch {
            throw unusable(store.path(best.step), error)
        }
    }

    /// Whether the final model of a run has the parameters of its best evaluation.
    static func restoresBest(_ run: String) -> Bool {
        let path = ["early_stopping", "restore_best"]
        var node = try? ConfigurationNode.file("\(run)/config.yaml")
        for key in path {
            guard case .mapping(let entries)? = node?.content else { return false }
            node = entries.first { $0.key == key }?.value
        }
        return node?.content == .scalar("true", quoted: false)
    }
}
