internal import CKernels
import Glibc

/// The system's error numbers.
package enum ErrorNumber {
    /// The name, such as `EPERM`, which is easier to search for than the text; the number if Linux has no name for it.
    package static func name(_ code: Int32) -> String {
        lockstep_error_name(code).map { String(cString: $0) } ?? "error \(code)"
    }

    /// Whether an error means that a file system does not support an operation, such as fsync, rather than that it failed.
    package static func isUnsupported(_ code: Int32) -> Bool {
        [EINVAL, ENOSYS, EOPNOTSUPP, ENOTTY].contains(code)
    }
}
