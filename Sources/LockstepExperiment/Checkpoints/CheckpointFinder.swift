import Foundation
import LockstepCheckpoints

/// Finds the checkpoint of a path, and its configuration.
package enum CheckpointFinder {
    /// Overrides for settings that only affect training: they may conflict with other data, and have no
    /// effect here.
    package static let neutral = ["early_stopping=none", "checkpoint.keep_best=false"]

    /// The `config.yaml` of a checkpoint's run: two folders above it.
    /// - Throws: `CheckpointError.nothingToResume` when it is not there.
    package static func configurationPath(of checkpoint: String) throws(CheckpointError) -> String {
        let place = resolved(checkpoint)
        let run = place.deletingLastPathComponent().deletingLastPathComponent()
        let path = run.appending(path: "config.yaml").path
        guard FileManager.default.fileExists(atPath: path) else {
            throw .nothingToResume(
                "\(place.path) does not lie in the directory of its run: there is no \(path). Give the run file with --config."
            )
        }
        return path
    }

    /// Whether a path is a checkpoint rather than a run, even if its manifest is missing.
    package static func isCheckpoint(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(path)/manifest.json")
            || (FileManager.default.fileExists(atPath: path)
                && resolved(path).lastPathComponent.hasPrefix("step-"))
    }

    /// The error for a damaged checkpoint: suggests an undamaged one beside it.
    package static func unusable(_ path: String, _ error: CheckpointError) -> CheckpointError {
        guard case .damaged = error else { return error }
        return .unusable(problem: "\(error)", advice: store(of: path).advice(insteadOf: path))
    }

    /// The checkpoints in the same folder.
    package static func store(of checkpoint: String) -> CheckpointStore {
        CheckpointStore(resolved(checkpoint).deletingLastPathComponent().path)
    }

    /// The checkpoint of a path: the path itself, or one of a run.
    package static func find(_ path: String, _ choice: CheckpointChoice = .configured) throws -> (
        checkpoint: Checkpoint, refusals: [String]
    ) {
        try HomePath.require(path, option: "The checkpoint")
        if isCheckpoint(path) {
            guard choice != .best else {
                throw CheckpointError.nothingToResume(
                    "\(path) is a checkpoint: --best chooses one of a run. Give the directory of the run, or leave --best out."
                )
            }
            do throws(CheckpointError) {
                return (try Checkpoint(verifying: path), [])
            } catch {
                throw unusable(path, error)
            }
        }
        var passed: [String] = []
        var refused: [CheckpointStore.Refusal] = []
        if choice == .best || restoresBest(path) {
            do throws(CheckpointError) {
                return (try best(of: path), [])
            } catch {
                if choice == .best { throw error }
                passed.append("\(path): the best checkpoint is not used: \(error)")
            }
        }
        for store in [CheckpointStore("\(path)/checkpoints"), CheckpointStore(path)] {
            let found = store.newestComplete()
            refused += found.refused
            if let checkpoint = found.checkpoint { return (checkpoint, passed + refused.map(\.description)) }
        }
        if !refused.isEmpty { throw CheckpointStore.noneUsable(in: path, refused) }
        throw absent(path)
    }

    /// The error for a path at which there is no checkpoint.
    package static func absent(_ path: String) -> CheckpointError {
        .nothingToResume(
            FileManager.default.fileExists(atPath: path)
                ? "\(path) holds no checkpoint: neither manifest.json, nor checkpoints/step-<number>."
                : "\(path) does not exist. Give the directory of a run or of a checkpoint.")
    }

    private static func resolved(_ path: String) -> URL {
        URL(fileURLWithPath: path).resolvingSymlinksInPath()
    }
}
