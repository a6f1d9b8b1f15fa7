/// Decides which checkpoints of a run are kept after a new one is complete.
///
/// The newest `keep` undamaged checkpoints and the protected ones are kept; older ones are removed. Damaged ones do
/// not count, and are removed if they are older than the kept ones. The one just written is the newest and is
/// never removed. Checkpoints of later steps, which were damaged when the run continued from an earlier one, are
/// neither counted nor removed.
public struct CheckpointRetention: Sendable {
    private let store: CheckpointStore
    /// The directories whose checksums have been verified, so that each is read only once.
    private var verified: Set<String> = []

    /// Makes the retention of a store, for one process.
    public init(_ store: CheckpointStore) {
        self.store = store
    }

    /// Removes old checkpoints.
    /// - Parameters:
    ///   - keep: the number of checkpoints to keep.
    ///   - protected: the steps whose checkpoints are always kept.
    ///   - written: the step that was just written.
    ///   - progress: called whenever a part of a checkpoint has been verified.
    /// - Throws: the first failure to remove a checkpoint, after all others have been removed.
    public mutating func removeOld(
        keep: Int, protected: Set<Int> = [], written: Int, progress: () -> Void = {}
    ) throws(CheckpointError) {
        verified.insert(store.path(written))
        let others = store.candidates().filter { $0.step < written && $0.path == store.path($0.step) }
        // Nothing is read if nothing can be removed. A link that could not be replaced must stay valid.
        guard others.count >= keep else { return }
        let staying = protected.union([CheckpointLink.latest(in: store.directory).step].compactMap { $0 })
        var kept = 1
        var failure: CheckpointError?
        for other in others.reversed() {
            if kept >= keep {
                guard !staying.contains(other.step) else { continue }
                do throws(CheckpointError) { try remove(other) } catch { failure = failure ?? error }
            } else if isUndamaged(other, progress) {
                kept += 1
            }
        }
        if let failure { throw failure }
    }

    private mutating func isUndamaged(_ candidate: CheckpointStore.Candidate, _ progress: () -> Void) -> Bool
    {
        if verified.contains(candidate.path) { return true }
        guard (try? Checkpoint(verifying: candidate.path, progress: progress)) != nil else { return false }
        verified.insert(candidate.path)
        return true
    }

    private mutating func remove(_ candidate: CheckpointStore.Candidate) throws(CheckpointError) {
        if let reason = CheckpointFolder.foreign(in: candidate.path) {
            throw .foreign(path: candidate.path, reason: reason)
        }
        // Renamed first, so that a partly removed directory never has a checkpoint's name.
        let hidden = store.directory + "/" + CheckpointFolder.removed(candidate.step)
        try CheckpointFolder.clear(hidden)
        verified.remove(candidate.path)
        try SystemCalls.rename(candidate.path, to: hidden)
        try CheckpointFolder.remove(hidden)
    }
}
