/// Which checkpoints of a run are kept when a new one is complete.
///
/// The newest `keep` undamaged checkpoints and the protected ones are kept; older ones are removed. Damaged ones do
/// not count, and are removed when they are older than those that are kept. The one just written is the newest and is
/// never removed. Checkpoints of later steps, which a run that continued from an earlier one has found damaged, are
/// neither counted nor removed.
public struct CheckpointRetention: Sendable {
    private let store: CheckpointStore
    /// The directories whose checksums have been verified; each is read once.
    private var verified: Set<String> = []

    /// The retention of a store, for one process.
    public init(_ store: CheckpointStore) {
        self.store = store
    }

    /// Removes old checkpoints.
    /// - Parameters:
    ///   - keep: how many are kept.
    ///   - protected: steps that are always kept.
    ///   - written: the step that was just written.
    ///   - progress: called whenever a part of a checkpoint has been verified.
    /// - Throws: the first failure to remove one, after all others have been removed.
    public mutating func removeOld(
        keep: Int, protected: Set<Int> = [], written: Int, progress: () -> Void = {}
    ) throws(CheckpointError) {
        verified.insert(store.path(written))
        let others = store.candidates().filter { $0.step < written && $0.path == store.path($0.step) }
        // If none can be removed, none is read. A link that could not be replaced must stay valid.
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
        // Renamed first, so that a half-removed directory never has a checkpoint's name.
        let hidden = store.directory + "/" + CheckpointFolder.removed(candidate.step)
        try CheckpointFolder.clear(hidden)
        verified.remove(candidate.path)
        try SystemCalls.rename(candidate.path, to: hidden)
        try CheckpointFolder.remove(hidden)
    }
}
