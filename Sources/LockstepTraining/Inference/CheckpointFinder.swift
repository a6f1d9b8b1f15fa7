import Foundation
import LockstepCheckpoints

/// Finds the checkpoint that a user means, and the configuration that belongs to it.
enum CheckpointFinder {
    /// What only steers training is left out: it may contradict other data, and has no meaning here.
    static let neutral = ["early_stopping=none", "checkpoint.keep_best=false"]

    /// The `config.yaml` of the run that a checkpoint lies in: two folders above it.
    /// - Throws: `CheckpointError.nothingToResume` when it is not there.
    static func configurationPath(of checkpoint: String) throws(CheckpointError) -> String {
        let place = URL(fileURLWithPath: checkpoint).resolvingSymlinksInPath()
        let run = place.deletingLastPathComponent().deletingLastPathComponent()
        let path = run.appending(path: "config.yaml").path
        guard FileManager.default.fileExists(atPath: path) else {
            throw .nothingToResume(
                "\(place.path) does not lie in the directory of its run: there is no \(path). Give the run file with --config."
            )
        }
        return path
    }

    /// The checkpoint that a path means: itself, or the newest undamaged one of a run.
    static func find(_ path: String) throws -> (checkpoint: Checkpoint, refusals: [String]) {
        if FileManager.default.fileExists(atPath: "\(path)/manifest.json") {
            return (try Checkpoint(verifying: path), [])
        }
        var refusals: [String] = []
        for store in [CheckpointStore("\(path)/checkpoints"), CheckpointStore(path)] {
            let found = store.newestComplete()
            refusals += found.refused.map(\.description)
            if let checkpoint = found.checkpoint { return (checkpoint, refusals) }
        }
        if !refusals.isEmpty {
            let reasons = refusals.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 }
            throw CheckpointError.damaged(
                path: path, reason: "none of its checkpoints can be used: " + reasons.joined(separator: "; "))
        }
        throw CheckpointReport.absent(path)
    }
}
