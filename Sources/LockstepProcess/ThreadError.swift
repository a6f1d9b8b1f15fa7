import Glibc

/// A thread that the system refuses to start.
public struct ThreadError: Error, Equatable, CustomStringConvertible {
    /// What the thread is for, such as `loader`.
    public let name: String
    /// The system's error number.
    public let code: Int32

    public init(name: String, code: Int32) {
        self.name = name
        self.code = code
    }

    public var description: String {
        "No thread can be started for the \(name): \(String(cString: strerror(code))). A limit on threads and "
            + "processes (ulimit -u, pids.max of "
            + "the control group) or on memory (ulimit -v) is reached: raise it, set fewer threads, or start fewer ranks on this host."
    }
}
