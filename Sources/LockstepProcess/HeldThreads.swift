import Glibc
import Synchronization

/// Threads that do nothing: a proof that the system allows so many at once, for a library that starts its own and ends the process where
/// that fails.
///
/// `@unchecked Sendable`: the lock is used through its own functions.
public final class HeldThreads: @unchecked Sendable {
    private let gate: UnsafeMutablePointer<pthread_mutex_t>
    private let left = Atomic<Int>(0)

    /// Starts them; they stay until `release`.
    /// - Throws: `ThreadError` when the system refuses one; then none is left.
    public init(_ count: Int, for name: String) throws(ThreadError) {
        gate = .allocate(capacity: 1)
        gate.initialize(to: pthread_mutex_t())
        pthread_mutex_init(gate, nil)
        pthread_mutex_lock(gate)
        for _ in 0..<count {
            left.add(1, ordering: .relaxed)
            do throws(ThreadError) {
                try WorkerThread.start(name) { [self] in
                    pthread_mutex_lock(gate)
                    pthread_mutex_unlock(gate)
                    left.subtract(1, ordering: .releasing)
                }
            } catch {
                left.subtract(1, ordering: .relaxed)
                release()
                throw error
            }
        }
    }

    deinit {
        pthread_mutex_destroy(gate)
        gate.deallocate()
    }

    /// Ends them, and waits until they have gone but for their last instructions.
    public func release() {
        pthread_mutex_unlock(gate)
        while left.load(ordering: .acquiring) > 0 { usleep(100) }
    }
}
