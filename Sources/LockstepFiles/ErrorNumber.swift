internal import CKernels
import Glibc

/// The system's error numbers.
package enum ErrorNumber {
    /// The name, such as `EPERM`, which is easier to search for than the text; otherwise `error` and the
    /// number.
    package static func name(_ code: Int32) -> String {
        lockstep_error_name(code).map { String(cString: $0) } ?? "error \(code)"
    }

    /// Whether an error means that the file system does not support an operation such as fsync.
    package static func isUnsupported(_ code: Int32) -> Bool {
        [EINVAL, ENOSYS, EOPNOTSUPP, ENOTTY].contains(code)
    }
}
