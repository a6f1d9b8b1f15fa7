import Glibc

/// Opens files in folders where another program may have put a link to another file, or a pipe that blocks
/// its reader.
public enum SafeFile {
    /// Opens a regular file or a character device, and nothing else. A symbolic link is followed only if this
    /// user or root created it.
    /// - Parameter flags: those of `open`; the descriptor is closed on exec.
    public static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o644) throws(FileError) -> Int32 {
        var status = stat()
        let isLink = lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
        if isLink { try requireOwnLink(path, status) }
        var descriptor: Int32
        repeat {
            // Without O_NONBLOCK a pipe would block here.
            descriptor = Glibc.open(
                path, flags | (isLink ? 0 : O_NOFOLLOW) | O_NONBLOCK | O_CLOEXEC, mode)
        } while descriptor < 0 && errno == EINTR
        guard descriptor >= 0 else { throw FileError(path, "open") }
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw FileError(path, "fstat", code: code)
        }
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFREG || kind == S_IFCHR else {
            close(descriptor)
            throw FileError(
                path, "open", code: kind == S_IFDIR ? EISDIR : EINVAL,
                reason: kind == S_IFDIR ? nil : "it is not a file")
        }
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
        return descriptor
    }

    /// Throws for a link that neither this user nor root created.
    static func requireOwnLink(_ path: String, _ status: stat) throws(FileError) {
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw FileError(
                path, "open", code: ELOOP,
                reason: "it is a symbolic link of user \(status.st_uid), which is not followed")
        }
    }

    /// Reads a whole file.
    /// - Parameter limit: the largest size that is read, in bytes.
    public static func contents(_ path: String, limit: Int = 1 << 30) throws(FileError) -> [UInt8] {
        let descriptor = try open(path, O_RDONLY)
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &part, part.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError(path, "read")
            }
            guard bytes.count + count <= limit else {
                throw FileError(path, "read", code: EFBIG, reason: "it has more than \(limit) bytes")
            }
            bytes += part[..<count]
        }
    }

    /// Writes all bytes to a descriptor.
    public static func write(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String
    ) throws(FileError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count > 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } else if count == 0 {
                throw FileError(path, "write", code: EIO)
            } else if errno != EINTR {
                throw FileError(path, "write")
            }
        }
    }
}
