import Glibc

/// A file that is written beside its path and renamed to it when complete: until then, and after a kill, the
/// path keeps its previous contents.
///
/// Where the file system supports it, the file has no name until then, so a killed process leaves nothing
/// behind.
///
/// A path given by a user may be a link, which stands for its target, or a device or pipe, which is written
/// directly. A replaced file keeps its mode. In a folder that belongs to this program the path itself is
/// replaced, whatever it is.
public final class AtomicFile {
    /// The path that was asked for.
    public let path: String
    private let target: String
    private var descriptor: Int32
    /// The temporary name beside the path; nil if there is none, or if the path is written directly.
    private var temporary: String?
    private let isDirect: Bool

    /// Opens the file; the path is unchanged until `commit`.
    /// - Parameter isOwn: whether the path is in a folder of this program.
    /// - Throws: `FileError`, also if the path cannot be replaced: another user's link, a file without write
    ///   permission.
    public init(replacing path: String, isOwn: Bool = false) throws(FileError) {
        self.path = path
        let place = try Place(path, isOwn: isOwn)
        target = place.path
        isDirect = place.isDirect
        guard !isDirect else {
            descriptor = Glibc.open(path, O_WRONLY | O_TRUNC | O_CLOEXEC)
            guard descriptor >= 0 else { throw FileError(path, "open") }
            return
        }
        descriptor = AtomicFile.nameless(beside: target)
        if descriptor < 0 {
            let name = AtomicFile.name(beside: target)
            descriptor = Glibc.open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw FileError(path, "open") }
            temporary = name
        }
        guard let before = place.before else { return }
        // Ignore the result: only root may change the owner of a file.
        if before.st_uid != geteuid() || before.st_gid != getegid() {
            _ = fchown(descriptor, before.st_uid, before.st_gid)
        }
        _ = fchmod(descriptor, before.st_mode & 0o777)
    }

    deinit { discard() }

    /// Appends bytes.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        try SafeFile.write(bytes, to: descriptor, path)
    }

    /// Moves the file to its path.
    /// - Parameter isDurable: whether to wait until it is on the disk; otherwise a system crash may leave a
    ///   damaged file.
    public func commit(isDurable: Bool = true) throws(FileError) {
        if !isDirect {
            while isDurable, fsync(descriptor) != 0 {
                if ErrorNumber.isUnsupported(errno) { break }
                if errno != EINTR { throw FileError(path, "fsync") }
            }
            if temporary == nil {
                let name = AtomicFile.name(beside: target)
                guard
                    linkat(
                        AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0
                else { throw FileError(path, "linkat") }
                temporary = name
            }
        }
        // A network file system reports a full disk here.
        let status = close(descriptor)
        descriptor = -1
        guard status == 0 else { throw FileError(path, "close") }
        guard let name = temporary else { return }
        guard rename(name, target) == 0 else { throw FileError(path, "rename") }
        temporary = nil
    }

    /// Removes the file if it has not been moved to its path.
    private func discard() {
        if descriptor >= 0 { close(descriptor) }
        if let temporary { unlink(temporary) }
        descriptor = -1
        temporary = nil
    }

    /// Replaces a file.
    public static func write(
        _ bytes: UnsafeRawBufferPointer, to path: String, isOwn: Bool = false
    ) throws(FileError) {
        let file = try AtomicFile(replacing: path, isOwn: isOwn)
        try file.write(bytes)
        try file.commit()
    }

    /// Throws unless a file can be replaced now: for files that are written after long computations.
    public static func requireWritable(_ path: String) throws(FileError) {
        // A device or a pipe must not be opened twice.
        guard try !Place(path, isOwn: false).isDirect else { return }
        _ = try AtomicFile(replacing: path)
    }

    /// A unique name.
    private static func name(beside path: String) -> String {
        "\(path).\(String(UInt64.random(in: 0 ... .max), radix: 36)).new"
    }

    /// Opens a file without a name in a path's folder.
    /// - Returns: -1 if the system or the file system does not support it.
    private static func nameless(beside path: String) -> Int32 {
        guard access("/proc/self/fd", X_OK) == 0 else { return -1 }
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        // O_TMPFILE of x86-64, which Swift cannot import: the bit, with O_DIRECTORY.
        return Glibc.open(folder, O_WRONLY | 0o20000000 | O_DIRECTORY | O_CLOEXEC, 0o644)
    }
}

/// The destination of a file, and what exists there.
private struct Place {
    /// The path without links.
    var path: String
    /// The existing file, whose mode is kept; nil for none.
    var before: stat?
    /// Whether to write directly: to a device, a pipe, or a descriptor of this process.
    var isDirect = false

    init(_ path: String, isOwn: Bool) throws(FileError) {
        self.path = path
        var status = stat()
        guard lstat(path, &status) == 0 else {
            guard errno == ENOENT else { throw FileError(path, "lstat") }
            return
        }
        if isOwn {
            guard status.st_mode & S_IFMT != S_IFDIR else { throw FileError(path, "open", code: EISDIR) }
            return
        }
        if ["/dev/fd/", "/dev/std", "/proc/"].contains(where: path.hasPrefix) {
            isDirect = true
            return
        }
        if status.st_mode & S_IFMT == S_IFLNK {
            try SafeFile.requireOwnLink(path, status)
            self.path = try Place.resolved(path)
            guard stat(self.path, &status) == 0 else {
                guard errno == ENOENT else { throw FileError(path, "stat") }
                return
            }
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            guard faccessat(AT_FDCWD, self.path, W_OK, AT_EACCESS) == 0 else {
                throw FileError(path, "open")
            }
            before = status
        case S_IFDIR: throw FileError(path, "open", code: EISDIR)
        default: isDirect = true
        }
    }

    /// The target of a link, which need not exist.
    private static func resolved(_ path: String) throws(FileError) -> String {
        if let real = realpath(path, nil) {
            defer { free(real) }
            return String(cString: real)
        }
        guard errno == ENOENT else { throw FileError(path, "realpath") }
        var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = bytes.withUnsafeMutableBytes { raw -> Int in
            guard let start = raw.baseAddress else { return 0 }
            return readlink(path, start.assumingMemoryBound(to: CChar.self), raw.count)
        }
        guard count > 0 else { throw FileError(path, "readlink") }
        let target = String(decoding: bytes[..<count], as: UTF8.self)
        if target.hasPrefix("/") { return target }
        return path.lastIndex(of: "/").map { path[...$0] + target } ?? target
    }
}
