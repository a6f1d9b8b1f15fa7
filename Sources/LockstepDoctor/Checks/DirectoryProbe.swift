import Foundation

/// Performs the file operations of the checkpoint writer in a folder.
struct DirectoryProbe {
    /// A failed operation.
    struct Failure: Error {
        var operation: String
        var reason: String
    }

    private let folder: String
    /// The operations that the file system does not support and that a run can do without.
    private(set) var lacks: [Failure] = []

    init(_ folder: String) { self.folder = folder }

    /// Locks, writes, syncs, renames and links; returns the seconds that fsync took.
    mutating func run() throws(Failure) -> Double {
        let path = folder + "/probe"
        let first = try open(path)
        defer { close(first) }
        let isLocked = try has(flock(first, LOCK_EX | LOCK_NB) == 0, "flock")
        let second = try open(path)
        defer { close(second) }
        if isLocked, flock(second, LOCK_EX | LOCK_NB) == 0 {
            throw Failure(operation: "flock", reason: "two holders got the same lock")
        }
        let bytes = [UInt8](repeating: 0x5A, count: 1 << 20)
        try require(write(first, bytes, bytes.count) == bytes.count, "write")
        let clock = ContinuousClock()
        let start = clock.now
        try require(fsync(first) == 0, "fsync")
        let time = clock.now - start
        try require(mkdir(folder + "/temporary", 0o700) == 0, "mkdir")
        try require(rename(folder + "/temporary", folder + "/final") == 0, "rename of a directory")
        try has(symlink("final", folder + "/link") == 0, "symlink")
        let directory = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        try require(directory >= 0, "open of a directory")
        defer { close(directory) }
        try has(fsync(directory) == 0, "fsync of a directory")
        return Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
    }

    /// Records an operation that the file system does not support; throws other failures.
    @discardableResult
    private mutating func has(_ done: Bool, _ operation: String) throws(Failure) -> Bool {
        if done { return true }
        guard [EPERM, EINVAL, ENOSYS, EOPNOTSUPP, ENOLCK].contains(errno) else {
            try require(done, operation)
            return false
        }
        lacks.append(Failure(operation: operation, reason: String(cString: strerror(errno))))
        return false
    }

    private func open(_ path: String) throws(Failure) -> Int32 {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        try require(descriptor >= 0, "open")
        return descriptor
    }

    private func require(_ done: Bool, _ operation: String) throws(Failure) {
        guard !done else { return }
        throw Failure(operation: operation, reason: String(cString: strerror(errno)))
    }
}
