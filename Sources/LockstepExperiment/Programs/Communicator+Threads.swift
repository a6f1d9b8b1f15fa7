import Glibc
import LockstepCollectives
import LockstepContracts
import LockstepOperations
import LockstepProcess

extension Communicator {
    /// Sets the number of threads for operations on all ranks. Collective.
    ///
    /// The threads belong to the OpenMP runtime, which ends the process if it cannot start one. So all ranks
    /// first start as many threads at the same time, as a limit may apply to a whole host.
    /// - Throws: `AgreedFailure` if they cannot be started.
    package func requireThreads(_ count: Int) throws {
        let held = try together { try HeldThreads(count - 1, for: "computation") }
        held.release()
        try together { try ComputeThreads.begin(count) }
    }
}

extension ComputeThreads {
    /// Sets the number of threads for operations, and starts them.
    /// - Throws: `ThreadError` when the system refuses them.
    package static func begin(_ count: Int) throws(ThreadError) {
        try HeldThreads(count - 1, for: "computation").release()
        set(count)
        // Other processes may have started threads since the check.
        start(
            failureMessage: "\(ProgramName.text): \(ThreadError(name: "computation", code: EAGAIN))\n",
            status: ExitStatus.fault.rawValue)
    }
}
