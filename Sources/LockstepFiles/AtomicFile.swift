import Glibc

/// A file that is written beside its place and moved there when it is complete: until then, and after a kill, its place has what
/// it had before.
///
/// Where the file system can, it has no name until then, so that a killed process leaves nothing behind.
///
/// A place that a user names may be a link, which means the file that it points to, or a device or pipe, which is written as it is;
/// the file that is replaced keeps its mode. In a folder of this program's own whatever is at the place is replaced itself.
public final class AtomicFile {
    /// The place that was asked for.
    public let path: String
    private let target: String
    private var descriptor: Int32
    /// The name beside the place; nil where there is none, or where the place itself is written.
    private var temporary: String?
    private let isDirect: Bool

    /// Makes the file; its place is not touched.
    /// - Parameter isOwn: whether the place is in a folder of this program's own.
    /// - Throws: `FileError`, also where the place could not be replaced: a link of another user, a file that must not be written.
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
        // Advice: only root may give a file to somebody else.
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

    /// Moves the file to its place.
    /// - Parameter isDurable: whether it is on the disk then; else a crash of the system may leave a damaged one.
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
        // A network file system tells here of a full disk.
        let status = close(descriptor)
        descriptor = -1
        guard status == 0 else { throw FileError(path, "close") }
        guard let name = temporary else { return }
        guard rename(name, target) == 0 else { throw FileError(path, "rename") }
        temporary = nil
    }

    /// Removes what has not been moved to its place.
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

    /// Throws unless a file could be replaced now: for one that is written after long work.
    public static func requireWritable(_ path: String) throws(FileError) {
        // What is a device or a pipe must not be opened twice.
        guard try !Place(path, isOwn: false).isDirect else { return }
        _ = try AtomicFile(replacing: path)
    }

    /// A name that nobody else has.
    private static func name(beside path: String) -> String {
        "\(path).\(String(UInt64.random(in: 0 ... .max), radix: 36)).new"
    }

    /// Opens a file without a name in a path's folder.
    /// - Returns: -1 where the system or the file system has none.
    private static func nameless(beside path: String) -> Int32 {
        guard access("/proc/self/fd", X_OK) == 0 else { return -1 }
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        // O_TMPFILE of x86-64, which Swift does not see: the bit, with O_DIRECTORY.
        return Glibc.open(folder, O_WRONLY | 0o20000000 | O_DIRECTORY | O_CLOEXEC, 0o644)
    }
}

/// Where a file goes, and what is there.
private struct Place {
    /// The path without links.
    var path: String
    /// The file whose mode is kept; nil for none.
    var before: stat?
    /// Whether it is written in place: a device, a pipe, or a descriptor of this process.
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

    /// What a link points to, which need not be there.
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
