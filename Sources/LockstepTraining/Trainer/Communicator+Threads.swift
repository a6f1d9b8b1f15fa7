import Glibc
import LockstepCollectives
import LockstepOperations
import LockstepProcess

extension Communicator {
    /// Lets operations compute with a number of threads, on all ranks. Collective.
    ///
    /// The threads are the OpenMP runtime's, which ends the process where it gets none. So all ranks start as many at the same time before,
    /// as a limit may be of a whole host.
    /// - Throws: `AgreedFailure` when they cannot be started.
    func requireThreads(_ count: Int) throws {
        let held = try together { try HeldThreads(count - 1, for: "computation") }
        held.release()
        try together { try ComputeThreads.begin(count) }
    }
}

extension ComputeThreads {
    /// Lets operations compute with a number of threads, and starts them.
    /// - Throws: `ThreadError` when the system refuses them.
    static func begin(_ count: Int) throws(ThreadError) {
        try HeldThreads(count - 1, for: "computation").release()
        set(count)
        // Others may have taken since what was there a moment ago.
        start(
            failureMessage: "lockstep: \(ThreadError(name: "computation", code: EAGAIN))\n",
            status: ExitStatus.fault.rawValue)
    }
}
