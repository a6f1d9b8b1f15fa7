internal import CKernels
import Foundation
import LockstepProcess
import Synchronization

/// Writes checkpoints on a separate thread, one at a time, while training continues.
///
/// The thread has a lower priority than computing threads: on a busy core it gets about a tenth of the time.
///
/// One thread calls `submit` and `wait`; any thread may read `failure`.
public final class CheckpointWriter: Sendable {
    /// A complete checkpoint.
    public struct Completed: Sendable {
        /// The step.
        public var step: Int
        /// The size of its files in bytes.
        public var byteCount: Int
        /// The time to write it, without retention, in seconds.
        public var seconds: Double
        /// The processor time of the writer's thread for it, in seconds.
        public var processorSeconds: Double
        /// Why the link `latest` or `best` is not up to date; nil if both are.
        public var linkFailure: CheckpointError?
        /// Why an older checkpoint could not be removed; nil if there was no failure.
        public var retentionFailure: CheckpointError?
    }

    /// The outcome of writing a checkpoint.
    public typealias Outcome = Result<Completed, CheckpointError>

    private let store: CheckpointStore
    private let progress: @Sendable () -> Void
    private let whenDone: @Sendable (Outcome) -> Void
    /// Used by the writer's thread only.
    private let retention: Mutex<CheckpointRetention>
    private let next = Mutex<CheckpointJob?>(nil)
    private let outcome = Mutex<Outcome?>(nil)
    private let lastCompleted = Mutex<Completed?>(nil)
    /// Whether a job has been submitted but not waited for.
    private let isAwaited = Atomic<Bool>(false)
    private let isWriting = Atomic<Bool>(false)
    private let wake = DispatchSemaphore(value: 0)
    private let done = DispatchSemaphore(value: 0)

    /// Starts the thread.
    /// - Parameters:
    ///   - progress: called on it after each written part of a checkpoint.
    ///   - whenDone: called on it with the outcome of each checkpoint, before `wait` returns.
    /// - Throws: `ThreadError` if it cannot be started.
    public init(
        _ store: CheckpointStore, progress: @escaping @Sendable () -> Void = {},
        whenDone: @escaping @Sendable (Outcome) -> Void = { _ in }
    ) throws(ThreadError) {
        self.store = store
        retention = Mutex(CheckpointRetention(store))
        self.progress = progress
        self.whenDone = whenDone
        try WorkerThread.start("writer of checkpoints") { [self] in work() }
    }

    /// Whether a checkpoint is being written.
    public var isBusy: Bool { isWriting.load(ordering: .acquiring) }

    /// The error of the last checkpoint; nil if it is complete.
    public var failure: CheckpointError? {
        outcome.withLock { outcome in
            if case .failure(let error) = outcome { error } else { nil }
        }
    }

    /// The last completed checkpoint.
    public var completed: Completed? { lastCompleted.withLock { $0 } }

    /// Starts writing a checkpoint, after waiting for the previous one.
    public func submit(_ job: CheckpointJob) {
        wait()
        isAwaited.store(true, ordering: .relaxed)
        isWriting.store(true, ordering: .releasing)
        next.withLock { $0 = job }
        wake.signal()
    }

    /// Waits until no checkpoint is being written.
    public func wait() {
        if isAwaited.exchange(false, ordering: .acquiring) { done.wait() }
    }

    /// Ends the thread after everything is written. The writer must not be used afterwards.
    public func close() { wake.signal() }

    private func work() {
        // Errors are ignored: if this fails, the thread has normal priority.
        _ = lockstep_lower_priority(CheckpointWriter.niceness)
        while true {
            wake.wait()
            guard let job = next.withLock({ $0.take() }) else { return }
            let result = write(job)
            outcome.withLock { $0 = result }
            if case .success(let completed) = result { lastCompleted.withLock { $0 = completed } }
            whenDone(result)
            isWriting.store(false, ordering: .releasing)
            done.signal()
        }
    }

    /// On Linux, nice values apply to threads. With 10, a thread gets about a tenth of a core that another thread keeps busy.
    private static let niceness: Int32 = 10

    private func write(_ job: CheckpointJob) -> Outcome {
        let begin = CheckpointWriter.now(CLOCK_MONOTONIC)
        let processorBegin = CheckpointWriter.now(CLOCK_THREAD_CPUTIME_ID)
        do throws(CheckpointError) {
            try job.prepare()
            let written = try store.write(
                step: job.step, model: job.model, optimizer: job.optimizer, state: job.state,
                versions: job.versions, progress: progress)
            var result = Completed(
                step: job.step, byteCount: written.byteCount,
                seconds: CheckpointWriter.now(CLOCK_MONOTONIC) - begin,
                processorSeconds: CheckpointWriter.now(CLOCK_THREAD_CPUTIME_ID) - processorBegin,
                linkFailure: written.linkFailure)
            let best = CheckpointLink.best(in: store.directory)
            do throws(CheckpointError) {
                try best.point(toExisting: job.best)
            } catch {
                result.linkFailure = result.linkFailure ?? error
            }
            defer { best.removeIfDangling() }
            if let keep = job.keep {
                // This checkpoint is complete nevertheless.
                result.retentionFailure = retention.withLock { retention in
                    do throws(CheckpointError) {
                        try retention.removeOld(
                            keep: keep, protected: job.protected, written: job.step, progress: progress)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return .success(result)
        } catch {
            return .failure(error)
        }
    }

    /// The time of a clock in seconds.
    private static func now(_ clock: clockid_t) -> Double {
        var time = timespec()
        // It cannot fail: the clock exists and the pointer is valid.
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
