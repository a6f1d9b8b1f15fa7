import Foundation
import LockstepFaults
import LockstepFiles

/// A file of the run directory, or one named by an option, that cannot be written or read.
public struct RunLogError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The file.
    public let path: String
    /// What failed, such as `cannot be written`.
    public let failure: String
    /// The system's error number.
    public let code: Int32
    /// The problem, if it is more than the system's error text.
    public let reason: String?
    /// The option that says where the file is.
    public let option: String

    /// The option for the run directory.
    package static let runDirectory = "--run-dir"

    /// Makes an error with the current errno.
    package init(
        _ path: String, _ failure: String, code: Int32 = errno, reason: String? = nil,
        option: String = RunLogError.runDirectory
    ) {
        self.path = path
        self.failure = failure
        self.code = code
        self.reason = reason
        self.option = option
    }

    /// Converts a `FileError`.
    package init(
        _ path: String, _ failure: String, _ error: FileError, option: String = RunLogError.runDirectory
    ) {
        self.init(path, failure, code: error.code, reason: error.reason, option: option)
    }

    /// Converts a `HeartbeatError`.
    package init(_ error: HeartbeatError) {
        self.init(
            error.path, error.reason == nil ? "cannot be made" : "cannot be used", code: error.code,
            reason: error.reason)
    }

    /// Whether the user must choose another path, which an option named. In the run directory it is a fault, since it was writable before.
    package var isMistake: Bool {
        let codes = [ENOENT, ENOTDIR, EISDIR, EACCES, EPERM, EROFS, ELOOP, ENAMETOOLONG]
        return option != Self.runDirectory && codes.contains(code)
    }

    /// The file, what failed, why, and what to do about it.
    public var description: String {
        let advice =
            switch code {
            case ENOSPC, EDQUOT: "free some space, or choose another place with \(option)"
            case EACCES, EPERM, EROFS: "choose a place that you may write to with \(option)"
            case EMFILE: "raise the limit of open files (ulimit -n)"
            case ENFILE: "this machine has too many open files; end other programs"
            case ENOTDIR: "a part of the path is a file; choose another place with \(option)"
            case ENOENT: "its folder does not exist; make it, or choose another place with \(option)"
            default: "choose another place with \(option)"
            }
        return "\(path) \(failure): \(reason ?? String(cString: strerror(code))); \(advice)"
    }
}
