import CKernels
import Glibc

/// The signals that ask a run to write a checkpoint and end: USR1, TERM and INT.
public struct StopRequest: Sendable {
    /// Installs the handlers for this process. A second TERM or INT, at least two seconds after the first,
    /// ends the process at once.
    /// - Parameter endsAtOnce: whether the first signal ends the process with status 128 + its number until
    ///   `beginDeferring` is called, while there is nothing to save.
    public init(endsAtOnce: Bool = false) throws(DataParallelError) {
        let status = lockstep_signals_install(endsAtOnce ? 1 : 0)
        guard status == 0 else {
            throw DataParallelError.signalHandlers(String(cString: strerror(status)))
        }
    }

    /// Treats later signals as requests to stop.
    public func beginDeferring() { lockstep_signals_defer() }

    /// Clears the signal, and restores the system's default handlers: for tests.
    package func remove() { lockstep_signals_remove() }

    /// The number of the signal that asked to stop, if one did.
    public var signal: Int32? {
        let pending = lockstep_signals_pending()
        return pending == 0 ? nil : pending
    }
}
