import Glibc
import Synchronization

/// How this process ends when a contract is broken.
///
/// The only global state: a contract may be broken in any function on any thread, and none of them receives a
/// communicator. The communicator sets once what to do.
package enum LastWords {
    /// The exit status.
    package static let status: Int32 = 1

    /// What to do with the message.
    package struct Hearing: Sendable {
        /// The prefix of the message on standard error, such as the rank; empty for none.
        package var speaker: String
        /// Stores the message and ends the other ranks, in bounded time; need not end this one.
        package var hear: @Sendable (_ message: String, _ status: Int32) -> Void

        package init(
            speaker: String, hear: @escaping @Sendable (_ message: String, _ status: Int32) -> Void
        ) {
            self.speaker = speaker
            self.hear = hear
        }
    }

    /// The cause of a broken contract, and the status to end with.
    private struct Cause {
        var text: String
        var status: Int32
    }

    private static let hearing = Mutex<Hearing?>(nil)
    private static let cause = Mutex<Cause?>(nil)
    private static let isEnding = Atomic<Bool>(false)

    /// Sets what to do; the last call counts. Nil for nothing.
    package static func set(_ new: Hearing?) { hearing.withLock { $0 = new } }

    /// Runs `body`, in which a broken contract has a cause outside of the program.
    /// - Parameters:
    ///   - cause: the prefix of the contract's message.
    ///   - status: the exit status.
    package static func blaming<Result>(
        _ cause: String, status: Int32, _ body: () throws -> Result
    ) rethrows -> Result {
        self.cause.withLock { $0 = Cause(text: cause, status: status) }
        defer { self.cause.withLock { $0 = nil } }
        return try body()
    }

    /// Writes the message, passes it on, and ends the process.
    package static func end(_ message: String) -> Never {
        // Another thread is ending this process, which takes a moment; or that code has itself broken a contract.
        if isEnding.exchange(true, ordering: .acquiringAndReleasing) {
            sleep(5)
            _exit(LastWords.status)
        }
        let (hearing, cause) = (hearing.withLock { $0 }, cause.withLock { $0 })
        let message = (cause.map { $0.text + ": " } ?? "") + message
        let status = cause?.status ?? LastWords.status
        let speaker = hearing.map { $0.speaker.isEmpty ? "" : $0.speaker + ": " } ?? ""
        write("lockstep: \(speaker)\(message)\n")
        hearing?.hear(message, status)
        _exit(status)
    }

    /// Writes to standard error. A pipe that is full and does not block is waited for, up to five seconds in all.
    private static func write(_ text: String) {
        let end = time(nil) + 5
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)[...]
            while !rest.isEmpty {
                let count = Glibc.write(
                    STDERR_FILENO, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if count < 0, errno == EAGAIN, time(nil) < end {
                    var stream = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
                    poll(&stream, 1, 1000)
                } else if count == 0 || errno != EINTR {
                    return
                }
            }
        }
    }
}
