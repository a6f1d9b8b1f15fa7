import Glibc
import Synchronization

/// Ends this process when a contract is broken.
///
/// The only global state: a contract can be broken in any function on any thread, and none of them receives a
/// communicator. The communicator sets the handler once.
package enum ContractFailure {
    /// The exit status.
    package static let status: Int32 = 1

    /// Handles the message.
    package struct Handler: Sendable {
        /// The prefix of the message on standard error, such as the rank; empty for none.
        package var prefix: String
        /// Stores the message and ends the other ranks, in bounded time; need not end this rank.
        package var handle: @Sendable (_ message: String, _ status: Int32) -> Void

        package init(
            prefix: String, handle: @escaping @Sendable (_ message: String, _ status: Int32) -> Void
        ) {
            self.prefix = prefix
            self.handle = handle
        }
    }

    /// The cause of a broken contract, and the status to end with.
    private struct Cause {
        var text: String
        var status: Int32
    }

    private static let handler = Mutex<Handler?>(nil)
    private static let cause = Mutex<Cause?>(nil)
    private static let isEnding = Atomic<Bool>(false)

    /// Sets the handler, replacing the previous one; nil for none.
    package static func set(_ new: Handler?) { handler.withLock { $0 = new } }

    /// Runs `body`; a contract broken in it has a cause outside the program.
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

    /// Writes the message, calls the handler, and ends the process.
    package static func end(_ message: String) -> Never {
        // Another thread is already ending this process, or the handler itself broke a contract.
        if isEnding.exchange(true, ordering: .acquiringAndReleasing) {
            sleep(5)
            _exit(ContractFailure.status)
        }
        let (handler, cause) = (handler.withLock { $0 }, cause.withLock { $0 })
        let message = (cause.map { $0.text + ": " } ?? "") + message
        let status = cause?.status ?? ContractFailure.status
        let prefix = handler.map { $0.prefix.isEmpty ? "" : $0.prefix + ": " } ?? ""
        write("\(ProgramName.text): \(prefix)\(message)\n")
        handler?.handle(message, status)
        _exit(status)
    }

    /// Writes to standard error; waits up to five seconds in all for a full pipe.
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
