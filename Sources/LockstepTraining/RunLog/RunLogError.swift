import Foundation

/// A file that cannot be written or read: of the run directory, or named by an option.
public struct RunLogError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The file.
    public let path: String
    /// What was tried, such as `cannot be written`.
    public let failure: String
    /// The system's error number.
    public let code: Int32
    /// The option that says where the file is.
    public let option: String

    /// Makes an error of the system's last error number.
    init(_ path: String, _ failure: String, code: Int32 = errno, option: String = "--run-dir") {
        self.path = path
        self.failure = failure
        self.code = code
        self.option = option
    }

    /// Whether another place has to be chosen, which an option named. Of the run directory it is a fault: it has been written before.
    var isMistake: Bool {
        let codes = [ENOENT, ENOTDIR, EISDIR, EACCES, EPERM, EROFS, ELOOP, ENAMETOOLONG]
        return option != "--run-dir" && codes.contains(code)
    }

    /// The file, what failed, why, and what to do about it.
    public var description: String {
        let advice =
            switch code {
            case ENOSPC, EDQUOT: "free some space, or choose another place with \(option)"
            case EACCES, EPERM, EROFS: "choose a place that you may write to with \(option)"
            case ENOTDIR: "a part of the path is a file; choose another place with \(option)"
            case ENOENT: "its folder does not exist; make it, or choose another place with \(option)"
            default: "choose another place with \(option)"
            }
        return "\(path) \(failure): \(String(cString: strerror(code))); \(advice)"
    }
}
