import Foundation

/// Removes files of a cache that have not been used for a long time. Otherwise the cache would only grow, since changed sources
/// and recipes get new files.
enum UnusedCacheFiles {
    /// Decoded data are removed after this many seconds without use: 90 days, longer than any run should need its file.
    static let lifetime: TimeInterval = 90 * 86_400
    /// A temporary file or a lock file that is older than this many seconds has been left behind: one day.
    static let unfinishedLifetime: TimeInterval = 86_400

    /// Marks a file of the cache as used now.
    static func touch(_ descriptor: Int32) { futimens(descriptor, nil) }

    /// Marks a file as used now by its access time, since its modification time must not change.
    static func touchAccess(_ descriptor: Int32) {
        var times = [timespec(), timespec()]
        times[0].tv_nsec = (1 << 30) - 1  // UTIME_NOW
        times[1].tv_nsec = (1 << 30) - 2  // UTIME_OMIT
        futimens(descriptor, &times)
    }

    /// Removes unused files from a folder, and nothing else: the folder also has other files.
    static func remove(from folder: String) {
        let now = Date().timeIntervalSince1970
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            guard let kind = Kind(name) else { continue }
            let path = "\(folder)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            let keepsTime = name.hasPrefix("unpacked-") || name.hasPrefix("staged-")
            let used = keepsTime ? max(status.st_atim.tv_sec, status.st_mtim.tv_sec) : status.st_mtim.tv_sec
            let age = now - TimeInterval(used)
            switch kind {
            case .data: if age > lifetime { unlink(path) }
            case .unfinished: if age > unfinishedLifetime { unlink(path) }
            case .lock: if age > unfinishedLifetime { CacheLock.removeAbandoned(path) }
            }
        }
    }

    /// The kind of a file by its name: `NAME-0123456789abcdef.data`, the same with `.lock`, or with `.ANYTHING.new`.
    private enum Kind {
        case data
        case lock
        case unfinished

        init?(_ name: String) {
            guard let dash = name.lastIndex(of: "-") else { return nil }
            let parts = name[name.index(after: dash)...].split(
                separator: ".", omittingEmptySubsequences: false)
            guard parts.count >= 2, parts[0].count == 16, parts[0].allSatisfy(\.isHexDigit),
                parts[1] == "data"
            else { return nil }
            switch parts.dropFirst(2) {
            case []: self = .data
            case ["lock"]: self = .lock
            case let rest where rest.count == 2 && rest.last == "new": self = .unfinished
            default: return nil
            }
        }
    }
}
