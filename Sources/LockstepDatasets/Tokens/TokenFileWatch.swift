import Glibc
import LockstepReaders

/// Detects that a mapped file has changed, before its memory is read: memory beyond the end of a shortened file ends a process.
final class TokenFileWatch: Sendable {
    private let stamps: [FileStamp]
    private let first = FirstFailure()

    init(_ stamps: [FileStamp]) { self.stamps = stamps }

    /// The first change; nil if there was none.
    var failure: (any Error)? { first.error }

    /// Whether a file is as it was. Costs one system call.
    func isUnchanged(_ file: Int) -> Bool {
        let stamp = stamps[file]
        var status = stat()
        if stat(stamp.path, &status) == 0, Int(status.st_size) == stamp.byteCount,
            status.st_mtim.tv_sec == stamp.seconds, status.st_mtim.tv_nsec == stamp.nanoseconds
        {
            return true
        }
        first.set(
            DatasetError(
                .corrupt, stamp.path, "the file has changed or is gone since the run began",
                advice: "start the run again, and leave the file as it is until the run has ended"))
        return false
    }
}
