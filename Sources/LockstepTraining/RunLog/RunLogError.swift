import Foundation

/// A file of the run directory that cannot be written or read.
public struct RunLogError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The file.
    public let path: String
    /// What was tried, such as `cannot be written`.
    public let failure: String
    /// The system's error number.
    public let code: Int32

    /// Makes an error of the system's last error number.
    init(_ path: String, _ failure: String, code: Int32 = errno) {
        self.path = path
        self.failure = failure
        self.code = code
    }

    /// The file, what failed, why, and what to do about it.
    public var description: String {
        let advice =
            switch code {
            case ENOSPC, EDQUOT:
                "free some space, or choose another place with --run-dir, and continue with --resume"
            case EACCES, EPERM, EROFS: "choose a place that you may write to with --run-dir"
            case ENOTDIR: "a part of the path is a file; choose another place with --run-dir"
            default: "choose another place with --run-dir"
            }
        return "\(path) \(failure): \(String(cString: strerror(code))); \(advice)"
    }
}
