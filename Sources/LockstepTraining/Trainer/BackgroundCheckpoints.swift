import Foundation
import LockstepCheckpoints
import LockstepCollectives
import LockstepDataParallel
import LockstepFaults
import LockstepRunLog
import LockstepText
import LockstepTimeline
import Synchronization

/// Writes checkpoints while training continues: all ranks stop for a copy of the state, which rank 0 writes in the background.
///
/// One checkpoint is written at a time: when the next is due, training waits for it.
package final class BackgroundCheckpoints {
    private let dataParallel: DataParallel
    private let heartbeat: Heartbeat?
    private let console: Console?
    /// Nil on all ranks except rank 0.
    private let writer: CheckpointWriter?
    private let pauses: Pauses
    private var hasWarned = false

    /// For the checkpoint that is being written: how long training stopped for the copy and waited for the previous checkpoint.
    private final class Pauses: Sendable {
        let current = Mutex<(copy: Double, wait: Double)>((0, 0))
        let hasWarnedOfLink = Atomic<Bool>(false)
        let hasWarnedOfRetention = Atomic<Bool>(false)
    }

    /// Waiting longer than this for the writer, in seconds, causes a warning.
    private static let patience = 1.0

    /// - Parameters:
    ///   - store: where checkpoints are written; nil on all ranks except rank 0.
    ///   - console: reports complete checkpoints.
    /// - Throws: `ThreadError` if the writer's thread cannot be started.
    package init(
        dataParallel: DataParallel, store: CheckpointStore?, heartbeat: Heartbeat? = nil,
        console: Console? = nil
    ) throws {
        self.dataParallel = dataParallel
        self.heartbeat = heartbeat
        self.console = console
        let pauses = Pauses()
        self.pauses = pauses
        writer = try store.map { store in
            try CheckpointWriter(store, progress: { heartbeat?.beatInBackground() }) { outcome in
                guard case .success(let completed) = outcome else { return }
                console?.note(BackgroundCheckpoints.text(completed, pauses.current.withLock { $0 }))
                func warn(_ text: String, _ hasWarned: borrowing Atomic<Bool>) {
                    if hasWarned.exchange(true, ordering: .relaxed) {
                        console?.note(text)
                    } else {
                        console?.warn(text)
                    }
                }
                if let failure = completed.linkFailure {
                    warn(
                        "Warning: step \(completed.step): the checkpoint is complete, but checkpoints/latest does not name it: \(failure)",
                        pauses.hasWarnedOfLink)
                }
                if let failure = completed.retentionFailure {
                    warn(
                        "Warning: step \(completed.step): an older checkpoint could not be removed: \(failure)",
                        pauses.hasWarnedOfRetention)
                }
            }
        }
    }

    deinit { writer?.close() }

    /// Why the last checkpoint could not be written; nil if it could, and on all ranks except rank 0.
    package var failure: CheckpointError? { writer?.failure }

    /// The last completed checkpoint of this object, on rank 0.
    package var completed: CheckpointWriter.Completed? { writer?.completed }

    /// Whether a checkpoint is being written, on rank 0.
    package var isBusy: Bool { writer?.isBusy ?? false }

    /// Copies the state and starts to write it. Collective. After a failure nothing more is written.
    /// - Parameter job: called on rank 0 with the tensors of the copy; returns the checkpoint to write, nil for none.
    /// - Throws: `CollectiveError`, `DataParallelError.desynchronized`, and what `job` throws.
    package func write(_ job: (_ model: [TensorSource], _ optimizer: [TensorSource]) throws -> CheckpointJob?)
        throws
    {
        heartbeat?.enter(.checkpoint)
        defer { heartbeat?.enter(.idle) }
        let begin = StepTimeline.now
        writer?.wait()
        let waited = StepTimeline.now
        try dataParallel.collectState()
        try dataParallel.requireEqualParameters()
        guard let writer else { return }
        warn(ofWait: BackgroundCheckpoints.seconds(from: begin, to: waited))
        guard writer.failure == nil else { return }
        let state = dataParallel.copiedState
        guard let next = try job(state.model.map(\.source), state.optimizer.map(\.source)) else { return }
        pauses.current.withLock {
            $0 = (
                copy: BackgroundCheckpoints.seconds(from: waited, to: StepTimeline.now),
                wait: BackgroundCheckpoints.seconds(from: begin, to: waited)
            )
        }
        writer.submit(next)
    }

    /// From now on, reports only in train.log that the link `latest` does not name a checkpoint, since a warning has been given.
    package func expectNoLinks() { pauses.hasWarnedOfLink.store(true, ordering: .relaxed) }

    /// Waits until no checkpoint is being written. Only rank 0 has to wait.
    package func finish() {
        heartbeat?.enter(.checkpoint)
        writer?.wait()
    }

    private func warn(ofWait seconds: Double) {
        guard seconds > BackgroundCheckpoints.patience, !hasWarned else { return }
        hasWarned = true
        console?.warn(
            "Warning: step \(dataParallel.step): all ranks waited \(RankFault.text(seconds)) s until the previous checkpoint was "
                + "written. Checkpoints are due faster than the disk can write them (checkpoint: every_steps, every_epochs); "
                + "further waits are reported only in train.log.")
    }

    private static func seconds(from begin: UInt64, to end: UInt64) -> Double { Double(end - begin) * 1e-9 }

    private static func text(
        _ completed: CheckpointWriter.Completed, _ pause: (copy: Double, wait: Double)
    ) -> String {
        var text = TextBuffer()
        text.append("checkpoint after step \(completed.step): ")
        text.append(Double(completed.byteCount) / 1_048_576, decimals: 1)
        text.append(" MiB in ")
        text.append(completed.seconds, decimals: 3)
        text.append(" s; training stopped for ")
        text.append(pause.copy, decimals: 3)
        text.append(" s")
        if pause.wait > 0.001 {
            text.append(", after ")
            text.append(pause.wait, decimals: 3)
            text.append(" s of waiting for the previous checkpoint")
        }
        return String(decoding: text.bytes, as: UTF8.self)
    }
}
