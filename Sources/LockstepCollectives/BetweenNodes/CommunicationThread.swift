import Glibc

/// Exchanges buckets between nodes while its rank computes.
///
/// It sleeps while no exchange is in progress. Otherwise it polls messages and published buckets, with short
/// sleeps in between: MPI makes no progress by itself, and its own wait would take the core that computes.
/// Sleeps become longer without progress, since each costs the computation two context switches; they are
/// short right after progress, so that the next message starts soon.
///
/// The thread keeps this object and the exchange alive until `end`.
///
/// `@unchecked Sendable`: `lock` guards `isArmed`, `isEnding`, `failure` and, while the thread is armed, the
/// exchange. After `stop` the exchange belongs to the caller. The rest is constant after `init`.
final class CommunicationThread: @unchecked Sendable {
    private let exchange: NodeExchange
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let wake: UnsafeMutablePointer<pthread_cond_t>
    /// Whether the thread may exchange; guarded by `lock`.
    private var isArmed = false
    private var isEnding = false
    private var failure: CollectiveError?
    private var thread = pthread_t()

    /// The shortest and the longest sleep in microseconds. During the longest one a link of 1 Gbit/s carries
    /// 60 KB, which fit into the socket buffers.
    private static let sleepMicroseconds: ClosedRange<UInt32> = 50...500
    /// The number of polls between two sleeps: in each, MPI takes about one message from a socket.
    private static let polls = 2

    /// Starts the thread.
    init(_ exchange: NodeExchange) throws(CollectiveError) {
        self.exchange = exchange
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
            let argument = Unmanaged.passRetained(self)
            status = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<CommunicationThread>.fromOpaque(argument).takeRetainedValue().main()
                    return nil
                }, argument.toOpaque())
            if status != 0 { argument.release() }
            pthread_sigmask(SIG_SETMASK, &before, nil)
        }
        guard status == 0 else {
            throw .memory(
                "the communication thread could not be started: \(String(cString: strerror(status)))")
        }
    }

    /// Ends the thread and waits for it; afterwards nothing reads the memory of the exchange. Call it exactly
    /// once.
    func end() {
        pthread_mutex_lock(lock)
        isEnding = true
        pthread_cond_signal(wake)
        pthread_mutex_unlock(lock)
        pthread_join(thread, nil)
    }

    deinit {
        pthread_cond_destroy(wake)
        pthread_mutex_destroy(lock)
        wake.deallocate()
        lock.deallocate()
    }

    /// Lets the thread exchange published buckets and deliver arrived ones.
    /// - Parameter announced: the number of buckets that this rank has published in this step; nil for no
    ///   change.
    func start(announced: Int? = nil) {
        pthread_mutex_lock(lock)
        if let announced { exchange.announced = announced }
        isArmed = failure == nil
        // Poll once here, since the thread may start milliseconds later when there are as many threads as
        // cores.
        if announced != nil, isArmed { _ = poll() }
        pthread_cond_signal(wake)
        pthread_mutex_unlock(lock)
    }

    /// Stops the thread; afterwards the caller may use the exchange.
    /// - Throws: an error of the thread.
    func stop() throws(CollectiveError) {
        pthread_mutex_lock(lock)
        isArmed = false
        let failure = failure
        pthread_mutex_unlock(lock)
        if let failure { throw failure }
    }

    /// Polls the exchange and stores an error; called under `lock`.
    private func poll() -> Bool {
        do throws(CollectiveError) {
            return try exchange.poll()
        } catch {
            failure = error
            isArmed = false
            return false
        }
    }

    private func main() {
        var sleepTime = CommunicationThread.sleepMicroseconds.lowerBound
        while true {
            pthread_mutex_lock(lock)
            while !isArmed && !isEnding {
                pthread_cond_wait(wake, lock)
                sleepTime = CommunicationThread.sleepMicroseconds.lowerBound
            }
            if isEnding {
                pthread_mutex_unlock(lock)
                return
            }
            var moved = false
            for _ in 0..<CommunicationThread.polls where isArmed && poll() { moved = true }
            if !moved, exchange.isAtRest { isArmed = false }
            let goesOn = isArmed
            pthread_mutex_unlock(lock)
            guard goesOn else { continue }
            if moved {
                sleepTime = CommunicationThread.sleepMicroseconds.lowerBound
                sched_yield()
            } else {
                usleep(sleepTime)
                sleepTime = min(2 * sleepTime, CommunicationThread.sleepMicroseconds.upperBound)
            }
        }
    }
}
