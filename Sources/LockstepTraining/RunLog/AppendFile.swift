import Foundation
import LockstepProcess

/// A file to which whole lines are appended, each by one system call: so the lines of several processes do not mix.
final class AppendFile: Sendable {
    let path: String
    private let descriptor: Int32

    /// Opens the file, and makes it when it is not there.
    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw RunLogError(path, "cannot be opened") }
    }

    deinit {
        close(descriptor)
    }

    /// Appends lines. A call that is interrupted, or that a full disk cuts short, is continued.
    func append(_ line: UnsafeRawBufferPointer) throws {
        try write(line, to: descriptor, path)
    }

    /// Waits until everything appended is on the disk.
    func synchronize() throws(RunLogError) {
        guard fsync(descriptor) == 0 else { throw RunLogError(path, "cannot be written") }
    }
}

/// Writes all bytes to a file descriptor.
func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String) throws {
    let code = StandardStream.write(bytes, to: descriptor)
    guard code == 0 else { throw RunLogError(path, "cannot be written", code: code) }
}

/// Replaces a file: writes it under another name first, then renames it, so that a reader never sees half of it.
///
/// - Parameter option: the option that says where the file is, for the error.
func replaceFile(_ path: String, with text: String, option: String = "--run-dir") throws {
    func failure(_ code: Int32 = errno) -> RunLogError {
        RunLogError(path, "cannot be written", code: code, option: option)
    }
    let temporary = path + ".new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure() }
    do {
        defer { close(descriptor) }
        try Array(text.utf8).withUnsafeBytes { try write($0, to: descriptor, path) }
        guard fsync(descriptor) == 0 else { throw failure() }
    } catch let error as RunLogError {
        unlink(temporary)
        throw failure(error.code)
    }
    guard rename(temporary, path) == 0 else { throw failure() }
}

/// Throws unless `replaceFile` would succeed now: for a file that is written after long work.
func requireWritable(_ path: String, option: String) throws {
    let temporary = path + ".new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw RunLogError(path, "cannot be written", code: errno, option: option) }
    close(descriptor)
    unlink(temporary)
    var status = stat()
    guard stat(path, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR else {
        throw RunLogError(path, "cannot be written", code: EISDIR, option: option)
    }
}
