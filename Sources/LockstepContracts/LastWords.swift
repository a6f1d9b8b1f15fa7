import Glibc
import Synchronization

/// How this process ends when a contract is broken.
///
/// The one thing that is global, since a shape may be wrong in any function on any thread, and none of them is given a communicator.
/// Who connects this process with other ranks says once what is to be done.
package enum LastWords {
    /// The exit status.
    package static let status: Int32 = 1

    /// What is to be done with the last words of this process.
    package struct Hearing: Sendable {
        /// What stands before the message on standard error, such as the rank; empty for nothing.
        package var speaker: String
        /// Keeps the message, and ends the other ranks, in bounded time; need not end this one.
        package var hear: @Sendable (String) -> Void

        package init(speaker: String, hear: @escaping @Sendable (String) -> Void) {
            self.speaker = speaker
            self.hear = hear
        }
    }

    private static let hearing = Mutex<Hearing?>(nil)
    private static let isEnding = Atomic<Bool>(false)

    /// Says what is to be done; the last one to say so counts. Nil for nothing.
    package static func set(_ new: Hearing?) { hearing.withLock { $0 = new } }

    /// Writes the message, has it heard, and ends the process.
    package static func end(_ message: String) -> Never {
        // Another thread is ending this process, which takes a moment; or what it does broke a contract itself.
        if isEnding.exchange(true, ordering: .acquiringAndReleasing) {
            sleep(5)
            _exit(status)
        }
        let hearing = hearing.withLock { $0 }
        let speaker = hearing.map { $0.speaker.isEmpty ? "" : $0.speaker + ": " } ?? ""
        write("lockstep: \(speaker)\(message)\n")
        hearing?.hear(message)
        _exit(status)
    }

    private static func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)[...]
            while !rest.isEmpty {
                let count = Glibc.write(
                    STDERR_FILENO, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if count == 0 || errno != EINTR {
                    return
                }
            }
        }
    }
}
