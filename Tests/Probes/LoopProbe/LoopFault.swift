import Foundation

/// A fault of a rank in a custom training loop.
enum LoopFault: String {
    /// The process is stopped, as by a debugger or a machine that is out of memory.
    case stop
    /// It waits for an event that never happens.
    case sleep
    /// It computes forever.
    case spin
    /// It exits with status 0, without a message.
    case exit
    /// It throws an error that is not caught.
    case error = "throw"
    /// It is killed.
    case kill
    /// An index is out of range.
    case trap

    func happen() throws {
        switch self {
        case .stop: raise(SIGSTOP)
        case .sleep: while true { Foundation.sleep(1) }
        case .spin:
            // The compiler keeps it for the system call.
            while getpid() > 0 {}
        case .exit: Foundation.exit(0)
        case .error: throw CocoaError(.featureUnsupported)
        case .kill: raise(SIGKILL)
        case .trap:
            let numbers = CommandLine.arguments.map(\.count)
            print(numbers[numbers.count + 3])
        }
    }
}
