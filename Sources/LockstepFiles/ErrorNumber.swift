internal import CKernels
import Glibc

/// The system's error numbers.
package enum ErrorNumber {
    /// The name, such as `EPERM`, which a search finds sooner than the text; the number itself for one that Linux does not have.
    package static func name(_ code: Int32) -> String {
        lockstep_error_name(code).map { String(cString: $0) } ?? "error \(code)"
    }

    /// Whether a file system does not have an operation, such as fsync, rather than that it failed.
    package static func isUnsupported(_ code: Int32) -> Bool {
        [EINVAL, ENOSYS, EOPNOTSUPP, ENOTTY].contains(code)
    }
}
