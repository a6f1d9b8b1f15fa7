import Foundation
import LockstepCheckpoints
import LockstepFiles

/// A file to which whole lines are appended, each by one system call, so that lines of several processes do not mix.
package final class AppendFile: Sendable {
    package let path: String
    private let descriptor: Int32

    /// Opens the file, and creates it if it does not exist.
    /// - Parameter endsLine: whether to end an incomplete last line, which a crash has left.
    package init(_ path: String, endsLine: Bool = false) throws(RunLogError) {
        self.path = path
        do throws(FileError) {
            descriptor = try SafeFile.open(path, O_RDWR | O_CREAT | O_APPEND)
        } catch {
            throw RunLogError(path, "cannot be opened", error)
        }
        if endsLine { endLine() }
    }

    deinit {
        close(descriptor)
    }

    /// Appends lines. A call that is interrupted, or that a full disk cuts short, is continued.
    package func append(_ line: UnsafeRawBufferPointer) throws(RunLogError) {
        try write(line, to: descriptor, path)
    }

    /// Waits until everything appended is on the disk.
    package func synchronize() throws(RunLogError) {
        // `StorageProbe` has warned if the file system does not support fsync.
        guard fsync(descriptor) == 0 || ErrorNumber.isUnsupported(errno) else {
            throw RunLogError(path, "cannot be written")
        }
    }

    private func endLine() {
        var status = stat()
        var last = UInt8(ascii: "\n")
        guard fstat(descriptor, &status) == 0, status.st_size > 0,
            pread(descriptor, &last, 1, status.st_size - 1) == 1, last != UInt8(ascii: "\n")
        else { return }
        // If this fails, the next line fails too, and that is checked.
        _ = Foundation.write(descriptor, "\n", 1)
    }
}

/// Writes all bytes to a file descriptor.
package func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String) throws(RunLogError)
{
    do throws(FileError) {
        try SafeFile.write(bytes, to: descriptor, path)
    } catch {
        throw RunLogError(path, "cannot be written", error)
    }
}

/// Replaces a file: writes it beside its path and then moves it there, so that readers never see an incomplete file.
///
/// - Parameter option: the option for the file's path, for the error. In a run directory links are replaced, not followed.
package func replaceFile(_ path: String, with text: String, option: String = RunLogError.runDirectory)
    throws
{
    try HomePath.require(path, option: option)
    do throws(FileError) {
        let file = try AtomicFile(replacing: path, isOwn: option == RunLogError.runDirectory)
        var text = text
        var failure: FileError?
        text.withUTF8 { bytes in
            do throws(FileError) {
                try file.write(UnsafeRawBufferPointer(bytes))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        try file.commit()
    } catch {
        throw RunLogError(path, "cannot be written", error, option: option)
    }
}

/// Throws unless `replaceFile` would succeed now: for files that are written after long computations.
package func requireWritable(_ path: String, option: String) throws {
    try HomePath.require(path, option: option)
    do throws(FileError) {
        try AtomicFile.requireWritable(path)
    } catch {
        throw RunLogError(path, "cannot be written", error, option: option)
    }
}
