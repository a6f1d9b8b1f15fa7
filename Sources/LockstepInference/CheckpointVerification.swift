import LockstepCheckpoints
import LockstepExperiment

/// What the checksums of one checkpoint, or of all of a run, say: each is read to its end, whatever is wrong with others.
struct CheckpointVerification {
    /// A line for each checkpoint.
    private(set) var lines: [String] = []
    /// What is wrong, a message for each damaged file, and at the end what to do; empty when all is well.
    private(set) var damages: [String] = []

    /// Verifies a checkpoint.
    init(checkpoint: String) {
        guard !verify(checkpoint) else { return }
        damages.append(CheckpointFinder.store(of: checkpoint).advice(insteadOf: checkpoint))
    }

    /// Verifies all checkpoints of a run.
    init(of store: CheckpointStore) {
        let directories = store.directories()
        var good: [String] = []
        for directory in directories where verify(directory) { good.append(directory) }
        let bad = directories.count - good.count
        guard bad > 0 else { return }
        let all = directories.count == 1 ? "1 checkpoint" : "\(directories.count) checkpoints"
        damages.append(
            "\(bad) of \(all) \(bad == 1 ? "is" : "are") damaged. "
                + (good.last.map {
                    "\($0) is the newest that is not: --resume, evaluate and predict pass over the damaged ones and use it."
                } ?? "Restore one from a copy, or start a new run."))
    }

    /// - Returns: whether all files of a checkpoint are as they were written.
    private mutating func verify(_ directory: String) -> Bool {
        let (files, found) = Checkpoint.examine(directory)
        if found.isEmpty {
            lines.append("\(directory): all \(files) files are as they were written")
        } else {
            lines.append(
                "\(directory): \(found.count == 1 ? "1 file is" : "\(found.count) files are") damaged")
        }
        damages += found.map(\.description)
        return found.isEmpty
    }
}
