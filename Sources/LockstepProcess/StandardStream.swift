import Glibc

/// The standard output and the standard error output.
public enum StandardStream: Int32, Sendable {
    case output = 1
    case errors = 2

    /// Whether text on the stream may have colors: on a terminal, unless `NO_COLOR` is set and not empty
    /// (https://no-color.org).
    public var hasColors: Bool {
        func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
        return isatty(rawValue) == 1 && variable("TERM") != "dumb" && variable("NO_COLOR").isEmpty
    }

    /// Writes all of a text.
    /// - Throws: `StreamError` when it cannot be written, for example because of a full disk or a closed
    ///   pipe.
    public func write(_ text: String) throws(StreamError) {
        var text = text
        let code = text.withUTF8 { StandardStream.write(UnsafeRawBufferPointer($0), to: rawValue) }
        guard code == 0 else { throw StreamError(stream: self, code: code) }
    }

    /// Writes all bytes.
    /// - Throws: `StreamError` as above.
    public func write(_ bytes: [UInt8]) throws(StreamError) {
        let code = bytes.withUnsafeBytes { StandardStream.write($0, to: rawValue) }
        guard code == 0 else { throw StreamError(stream: self, code: code) }
    }

    /// Writes as much of a text as possible and ignores failures: for error messages, whose failure cannot be
    /// reported elsewhere.
    public func writeIfPossible(_ text: String) {
        var text = text
        _ = text.withUTF8 { StandardStream.write(UnsafeRawBufferPointer($0), to: rawValue) }
    }

    /// Writes all bytes to a file descriptor; returns 0, or the system's error number. Allocates nothing.
    public static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
        var rest = bytes
        while !rest.isEmpty {
            let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if written > 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            } else if written < 0, errno == EAGAIN {
                // Another process that shares the terminal or pipe has made it non-blocking.
                var place = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&place, 1, 1000)
            } else if written < 0, errno != EINTR {
                return errno
            }
        }
        return 0
    }
}

/// A standard stream that cannot be written.
public struct StreamError: Error, Equatable, CustomStringConvertible {
    public let stream: StandardStream
    /// The system's error number.
    public let code: Int32

    public init(stream: StandardStream, code: Int32) {
        self.stream = stream
        self.code = code
    }

    /// Whether the reader has closed its end, as `head` does when it has read enough; such an error needs no
    /// message.
    public var isReaderGone: Bool { code == EPIPE }

    /// Empty if the reader has closed its end.
    public var description: String {
        guard !isReaderGone else { return "" }
        let name = stream == .output ? "standard output" : "standard error output"
        return "The \(name) cannot be written: \(String(cString: strerror(code)))."
    }
}
