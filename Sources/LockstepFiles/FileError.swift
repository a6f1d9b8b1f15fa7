import Glibc

/// A file operation that the system, or this package, refused.
public struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file or folder.
    public let path: String
    /// The operation, such as `open`.
    public let operation: String
    /// The system's error number.
    public let code: Int32
    /// The problem, if it is more specific than the system's error text.
    public let reason: String?

    /// An error, by default with the current errno.
    init(_ path: String, _ operation: String, code: Int32 = errno, reason: String? = nil) {
        self.path = path
        self.operation = operation
        self.code = code
        self.reason = reason
    }

    /// The reason, or the system's error text.
    public var words: String { reason ?? String(cString: strerror(code)) }

    public var description: String { "\(path): \(operation) failed: \(words)" }
}
