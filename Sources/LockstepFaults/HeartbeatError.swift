import Glibc

/// A heartbeat's file, or the folder for it, cannot be made.
package struct HeartbeatError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The file or folder.
    package let path: String
    /// The system's error number.
    package let code: Int32
    /// What is wrong, where that is more than the system's words.
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
