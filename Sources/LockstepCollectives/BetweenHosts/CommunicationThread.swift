import Glibc
import Synchronization

/// The thread that exchanges buckets between groups while its rank computes the rest of backward.
///
/// It sleeps between steps. During backward it looks for messages and published buckets, with short sleeps in between: MPI makes
/// no progress by itself, and its own wait would take the core that computes.
///
/// `@unchecked Sendable`: the exchange is used under `lock` only; the rest is atomic or constant.
final class CommunicationThread: @unchecked Sendable {
    private let exchange: GroupExchange
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let wake: UnsafeMutablePointer<pthread_cond_t>
    /// Whether the thread may exchange; under `lock`.
    private var isArmed = false
    private var isEnding = false
    private var failure: CollectiveError?
    private let work: GroupChannel.Work
    private var thread = pthread_t()
    private var isRunning = false

    /// The time between two looks in microseconds.
    private static let nap: UInt32 = 40

    /// Starts the thread.
    init(_ exchange: GroupExchange, work: GroupChannel.Work) throws(CollectiveError) {
        self.exchange = exchange
        self.work = work
        lock = .allocate(capacity: 1)
        wake = .allocate(capacity: 1)
        lock.initialize(to: pthread_mutex_t())
        wake.initialize(to: pthread_cond_t())
        var status = pthread_mutex_init(lock, nil)
        if status == 0 { status = pthread_cond_init(wake, nil) }
        if status == 0 {
            // Signals belong to the main thread.
            var all = sigset_t()
            var before = sigset_t()
            sigfillset(&all)
            pthread_sigmask(SIG_SETMASK, &all, &before)
            status = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<CommunicationThread>.fromOpaque(argument).takeUnretainedValue().main()
                    return nil
                }, Unmanaged.passUnretained(self).toOpaque())
            pthread_sigmask(SIG_SETMASK, &before, nil)
        }
        guard status == 0 else {
            throw .memory(
                "the communication thread could not be started: \(String(cString: strerror(status)))")
        }
        isRunning = true
    }

    deinit {
        if isRunning {
            pthread_mutex_lock(lock)
            isEnding = true
            pthread_cond_signal(wake)
            pthread_mutex_unlock(lock)
            pthread_join(thread, nil)
        }
        pthread_cond_destroy(wake)
        pthread_mutex_destroy(lock)
        wake.deallocate()
        lock.deallocate()
    }

    /// Lets the thread exchange what is published.
    func start() {
        pthread_mutex_lock(lock)
        isArmed = true
        pthread_cond_signal(wake)
        pthread_mutex_unlock(lock)
    }

    /// Takes the exchange away from the thread; afterwards the caller may use it.
    /// - Throws: what went wrong meanwhile.
    func stop() throws(CollectiveError) {
        pthread_mutex_lock(lock)
        isArmed = false
        let failure = failure
        pthread_mutex_unlock(lock)
        if let failure { throw failure }
    }

    private func main() {
        while true {
            pthread_mutex_lock(lock)
            while !isArmed && !isEnding { pthread_cond_wait(wake, lock) }
            if isEnding {
                pthread_mutex_unlock(lock)
                return
            }
            var moved = false
            do throws(CollectiveError) {
                moved = try exchange.poll(work: work)
            } catch {
                failure = error
                isArmed = false
            }
            pthread_mutex_unlock(lock)
            if moved { sched_yield() } else { usleep(CommunicationThread.nap) }
        }
    }
}
