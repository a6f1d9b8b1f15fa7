import Glibc

/// A heartbeat's file, or its folder, cannot be created or used.
package struct HeartbeatError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The file or folder.
    package let path: String
    /// The system's error number.
    package let code: Int32
    /// The problem, if it is more specific than the system's error text.
    package let reason: String?

    init(path: String, code: Int32, reason: String? = nil) {
        self.path = path
        self.code = code
        self.reason = reason
    }

    package var description: String {
        "\(path) cannot be \(reason == nil ? "made" : "used"): \(reason ?? String(cString: strerror(code)))"
    }
}
