import Foundation
import LockstepProcess

/// Ends this process and the other ranks.
package enum JobEnd {
    /// Runs `message`, calls `abort`, and ends this process, by force if that takes long. Both run on a
    /// separate thread, since a disk or a network that does not respond may block them.
    ///
    /// MPI gets half a second to propagate the abort: it takes a few milliseconds, or two seconds and more if
    /// its daemon is already ending ranks. A rank that exits with an error also ends the job.
    /// - Parameters:
    ///   - abort: asks MPI to end all ranks.
    ///   - message: runs first; may take up to two seconds.
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
        // If no thread can be started, this thread does the work.
        do throws(ThreadError) { try WorkerThread.start("end of the job", work) } catch { work() }
        _ = said.wait(timeout: .now() + 2)
        _ = done.wait(timeout: .now() + 0.5)
        _exit(exitCode)
    }
}
