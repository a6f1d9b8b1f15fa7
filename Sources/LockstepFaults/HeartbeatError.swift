import Glibc

/// A heartbeat's file, or the folder for it, cannot be made.
package struct HeartbeatError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The file or folder.
    package let path: String
    /// The system's error number.
    package let code: Int32

    package var description: String { "\(path) cannot be made: \(String(cString: strerror(code)))" }
}
