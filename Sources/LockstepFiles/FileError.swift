import Glibc

/// What the system, or this package, refused to do with a file.
public struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file or folder.
    public let path: String
    /// What was tried, such as `open`.
    public let operation: String
    /// The system's error number.
    public let code: Int32
    /// What is wrong, where that is more than the system's words.
    public let reason: String?

    /// An error of the system's last error number.
    init(_ path: String, _ operation: String, code: Int32 = errno, reason: String? = nil) {
        self.path = path
        self.operation = operation
        self.code = code
        self.reason = reason
    }

    /// The reason, or the system's words.
    public var words: String { reason ?? String(cString: strerror(code)) }

    public var description: String { "\(path): \(operation) failed: \(words)" }
}
