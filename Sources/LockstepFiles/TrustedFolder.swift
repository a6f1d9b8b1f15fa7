import Glibc

/// Checks that no other user can redirect what is written to a folder.
public enum TrustedFolder {
    /// Throws for a folder that another user has created or can write to.
    ///
    /// The folder must belong to this user or to root and not be writable by everyone, or be shared with a
    /// group of this user. If the path itself is a link, the link must belong to this user or to root. Parent
    /// folders are not checked. No file is left in the folder.
    /// - Throws: `FileError` with the owner and the remedy.
    public static func require(_ path: String) throws(FileError) {
        var name = path
        while name.count > 1, name.hasSuffix("/") { name.removeLast() }
        var status = stat()
        guard lstat(name, &status) == 0 else { throw FileError(path, "lstat") }
        lazy var sample = Sample(in: name)
        func isOwn(_ owner: uid_t) -> Bool { owner == geteuid() || owner == 0 || owner == sample?.owner }
        if status.st_mode & S_IFMT == S_IFLNK {
            guard isOwn(status.st_uid) else {
                throw FileError(
                    path, "check", code: ELOOP,
                    reason: "it is a symbolic link of user \(status.st_uid), which is not followed")
            }
            guard stat(name, &status) == 0 else { throw FileError(path, "stat") }
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw FileError(path, "check", code: ENOTDIR) }
        // A file system that does not store modes shows the same mode for every file.
        let isOpen = status.st_mode & S_IWOTH != 0 && sample?.keepsModes != false
        guard !isOpen else {
            throw FileError(
                path, "check", code: EPERM,
                reason: "every user can write to it, and so replace its files (chmod o-w makes it safe)")
        }
        let isShared = status.st_mode & S_IWGRP != 0 && groups.contains(status.st_gid)
        guard isOwn(status.st_uid) || isShared else {
            throw FileError(
                path, "check", code: EPERM,
                reason: "it belongs to user \(status.st_uid), not to user \(geteuid()) who runs this")
        }
    }

    private static var groups: [gid_t] {
        var groups = [gid_t](repeating: 0, count: max(0, Int(getgroups(0, nil))))
        let count = getgroups(Int32(groups.count), &groups)
        return groups.prefix(max(0, Int(count))) + [getegid()]
    }

    /// The owner and mode of a new file of this process in a folder: a network file system may show another
    /// owner, a foreign file system another mode.
    private struct Sample {
        var owner: uid_t
        var keepsModes: Bool

        init?(in folder: String) {
            let path = "\(folder)/.lockstep-\(getpid())-\(UInt64.random(in: 0 ... .max))"
            let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { return nil }
            defer { close(descriptor) }
            unlink(path)
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { return nil }
            owner = status.st_uid
            keepsModes = status.st_mode & 0o777 == 0o600
        }
    }
}
