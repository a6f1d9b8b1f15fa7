import Foundation

/// What can befall a rank in a loop of one's own.
enum LoopFault: String {
    /// The process is stopped, as by a debugger or a machine that is out of memory.
    case stop
    /// It waits for something that never comes.
    case sleep
    /// It computes for ever.
    case spin
    /// It leaves with status 0 and without a word.
    case exit
    /// It throws an error that nobody catches.
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
