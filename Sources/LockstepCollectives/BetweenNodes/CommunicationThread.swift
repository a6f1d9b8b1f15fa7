import Glibc
import Synchronization

/// The thread that exchanges buckets between nodes while its rank computes.
///
/// It sleeps while nothing is under way. Else it looks for messages and published buckets, with naps in between: MPI makes no
/// progress by itself, and its own wait would take the core that computes. A message of a bucket takes milliseconds where it takes
/// long, so naps become longer while nothing happens: each costs the computation two changes of context. Short ones right after
/// something has happened let the next message begin soon.
///
/// `@unchecked Sendable`: the exchange is used under `lock` only; the rest is atomic or constant.
final class CommunicationThread: @unchecked Sendable {
    private let exchange: NodeExchange
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let wake: UnsafeMutablePointer<pthread_cond_t>
    /// Whether the thread may exchange; under `lock`.
    private var isArmed = false
    private var isEnding = false
    private var failure: CollectiveError?
    private var thread = pthread_t()
    private var isRunning = false

    /// The shortest and the longest nap in microseconds. In the longest one a link of 1 Gbit/s carries 60 KB, which the buffers
    /// of its sockets have room for.
    private static let naps: ClosedRange<UInt32> = 50...500
    /// The looks between two naps: in each one MPI takes about one message from a socket.
    private static let looks = 2

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

    /// Lets the thread exchange what is published, and deliver what arrives.
    /// - Parameter announced: the buckets that this rank has published in this step; nil for as many as before.
    func start(announced: Int? = nil) {
        pthread_mutex_lock(lock)
        if let announced { exchange.announced = announced }
        isArmed = failure == nil
        // The thread may have to wait for this one's turn to end: milliseconds, with as many threads as cores.
        if announced != nil, isArmed { _ = poll() }
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

    /// Makes progress and keeps what goes wrong; under `lock`.
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
        var nap = CommunicationThread.naps.lowerBound
        while true {
            pthread_mutex_lock(lock)
            while !isArmed && !isEnding {
                pthread_cond_wait(wake, lock)
                nap = CommunicationThread.naps.lowerBound
            }
            if isEnding {
                pthread_mutex_unlock(lock)
                return
            }
            var moved = false
            for _ in 0..<CommunicationThread.looks where isArmed && poll() { moved = true }
            if !moved, exchange.isAtRest { isArmed = false }
            let goesOn = isArmed
            pthread_mutex_unlock(lock)
            guard goesOn else { continue }
            if moved {
                nap = CommunicationThread.naps.lowerBound
                sched_yield()
            } else {
                usleep(nap)
                nap = min(2 * nap, CommunicationThread.naps.upperBound)
            }
        }
    }
}
