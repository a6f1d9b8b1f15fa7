import Synchronization

/// One object per concurrent thread, made when it is first needed.
///
/// `@unchecked Sendable`: a worker is used by the one thread that took it from the list.
final class WorkerPool<Worker: AnyObject>: @unchecked Sendable {
    private let make: @Sendable () -> Worker
    private let lock = Mutex(())
    /// Idle workers; guarded by the lock.
    private var free: [Worker] = []

    init(_ make: @escaping @Sendable () -> Worker) { self.make = make }

    /// Lends a worker to this thread.
    func with(_ body: (Worker) -> Void) {
        let worker = lock.withLock { _ in free.popLast() } ?? make()
        body(worker)
        lock.withLock { _ in free.append(worker) }
    }
}
