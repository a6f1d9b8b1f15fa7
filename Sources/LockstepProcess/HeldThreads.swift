import Glibc
import Synchronization

/// Idle threads, to check that the system allows that many at once: for a library that starts its own threads
/// and ends the process if that fails.
///
/// `@unchecked Sendable`: the lock is accessed through its own functions only.
public final class HeldThreads: @unchecked Sendable {
    private let gate: UnsafeMutablePointer<pthread_mutex_t>
    private let left = Atomic<Int>(0)

    /// Starts the threads; they wait until `release`.
    /// - Throws: `ThreadError` when the system refuses one; the others are ended.
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

    /// Ends the threads, and waits until they have almost finished.
    public func release() {
        pthread_mutex_unlock(gate)
        while left.load(ordering: .acquiring) > 0 { usleep(100) }
    }
}
