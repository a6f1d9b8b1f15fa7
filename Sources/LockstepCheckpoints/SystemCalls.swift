internal import CKernels
import Glibc
import LockstepFiles

/// The system calls of durable files, with checks of their return codes.
enum SystemCalls {
    static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o644) throws(CheckpointError) -> Int32 {
        while true {
            let descriptor = Glibc.open(path, flags | O_CLOEXEC, mode)
            if descriptor >= 0 { return descriptor }
            if errno != EINTR { throw failure("open", path) }
        }
    }

    static func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, path: String)
        throws(CheckpointError)
    {
        guard let start = bytes.baseAddress else { return }
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(descriptor, start + done, min(bytes.count - done, 1 << 26))
            if count > 0 {
                done += count
            } else if count < 0 && errno == EINTR {
                continue
            } else {
                throw failure("write", path)
            }
        }
    }

    static func readAll(
        _ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer, at offset: Int, path: String
    ) throws(CheckpointError) {
        guard let start = bytes.baseAddress else { return }
        var done = 0
        while done < bytes.count {
            let count = pread(descriptor, start + done, bytes.count - done, off_t(offset + done))
            if count > 0 {
                done += count
            } else if count == 0 {
                throw .damaged(path: path, reason: "the file ends at byte \(offset + done)")
            } else if errno != EINTR {
                throw failure("read", path)
            }
        }
    }

    /// Opens a file of a checkpoint for reading: it must be a regular file, not a link.
    static func openOwn(_ path: String) throws(CheckpointError) -> (descriptor: Int32, size: Int) {
        let descriptor: Int32
        do throws(CheckpointError) {
            // Without O_NONBLOCK, opening a pipe would wait.
            descriptor = try open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        } catch .system(_, _, ENOENT) {
            throw .damaged(path: path, reason: "it is missing")
        } catch .system(_, _, ELOOP) {
            throw .damaged(path: path, reason: "it is a link, not a file")
        } catch {
            throw error
        }
        var status = stat()
        let isKnown = fstat(descriptor, &status) == 0
        guard isKnown, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .damaged(path: path, reason: "it is not a regular file")
        }
        return (descriptor, Int(status.st_size))
    }

    /// Waits until a file is on disk. `StorageProbe` has warned if the file system does not support that.
    static func synchronize(_ descriptor: Int32, path: String) throws(CheckpointError) {
        while fsync(descriptor) != 0 {
            if ErrorNumber.isUnsupported(errno) { return }
            if errno != EINTR { throw failure("fsync", path) }
        }
    }

    /// Starts flushing a part of a file to disk. It is durable only after `synchronize`.
    /// - Parameter waits: whether to wait for it.
    static func send(_ descriptor: Int32, _ range: Range<Int>, waits: Bool, path: String)
        throws(CheckpointError)
    {
        let status = lockstep_send_to_disk(
            descriptor, Int64(range.lowerBound), Int64(range.count), waits ? 1 : 0)
        if status != 0 { throw .system(operation: "sync_file_range", path: path, code: status) }
    }

    /// Makes the entries of a directory durable.
    static func synchronizeDirectory(_ path: String) throws(CheckpointError) {
        let descriptor = try open(path, O_RDONLY | O_DIRECTORY)
        defer { close(descriptor) }
        try synchronize(descriptor, path: path)
    }

    static func makeDirectory(_ path: String) throws(CheckpointError) {
        if mkdir(path, 0o755) != 0 && errno != EEXIST { throw failure("mkdir", path) }
    }

    /// Creates a directory, and its parents if they do not exist.
    static func makeDirectories(_ path: String) throws(CheckpointError) {
        var prefix = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            prefix += "/" + part
            if mkdir(prefix, 0o755) != 0 && errno != EEXIST { throw failure("mkdir", prefix) }
            var status = stat()
            guard stat(prefix, &status) == 0 else { throw failure("stat", prefix) }
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw .system(operation: "mkdir", path: prefix, code: ENOTDIR)
            }
        }
    }

    static func rename(_ source: String, to destination: String) throws(CheckpointError) {
        if Glibc.rename(source, destination) != 0 { throw failure("rename", destination) }
    }

    /// The size of a regular file.
    static func fileSize(_ path: String) throws(CheckpointError) -> Int {
        var status = stat()
        if stat(path, &status) != 0 {
            if errno == ENOENT { throw .damaged(path: path, reason: "it is missing") }
            throw failure("stat", path)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .damaged(path: path, reason: "it is not a regular file")
        }
        return Int(status.st_size)
    }

    static func failure(_ operation: String, _ path: String) -> CheckpointError {
        .system(operation: operation, path: path, code: errno)
    }
}
