import Foundation
import LockstepProcess

/// How a process ends that takes the other ranks along.
package enum JobEnd {
    /// Says what is to be said, calls `abort`, and leaves: hard, where that takes long. Both are on a thread of their own, since a disk
    /// or a network that is gone may block them.
    ///
    /// MPI has half a second to pass on that the job is to be ended: that takes some milliseconds, or two seconds and more where its
    /// daemon is ending ranks already and hears nothing. A rank that leaves with an error ends the job, too.
    /// - Parameters:
    ///   - abort: asks for the end of all ranks.
    ///   - message: what must be said before; it may take two seconds.
    package static func now(
        _ abort: @escaping @Sendable (Int32) -> Void, exitCode: Int32,
        after message: @escaping @Sendable () -> Void = {}
    ) -> Never {
        let (said, done) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let work: @Sendable () -> Void = {
            message()
            said.signal()
            abort(exitCode)
            done.signal()
        }
        // Where there is no thread left the caller's has to do.
        do throws(ThreadError) { try WorkerThread.start("end of the job", work) } catch { work() }
        _ = said.wait(timeout: .now() + 2)
        _ = done.wait(timeout: .now() + 0.5)
        _exit(exitCode)
    }
}
