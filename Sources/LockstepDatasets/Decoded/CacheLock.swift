import Foundation
import LockstepFiles
import LockstepTimeline

/// A lock for making a file of the cache, held by one process at a time: flock on a lock file next to it.
///
/// Releasing the lock removes the lock file. A process that was waiting then holds the lock of a removed file, and
/// starts again with the new file.
struct CacheLock: ~Copyable {
    private let path: String
    private let descriptor: Int32

    /// Waits until no other process holds the lock of a file of the cache.
    ///
    /// If the lock file cannot be created or locked, no process waits, and several processes may do the same work.
    ///
    /// - Parameters:
    ///   - file: the path of the file of the cache.
    ///   - heartbeat: records that this process waits; it belongs to the calling thread.
    init(of file: String, heartbeat: Heartbeat?) {
        path = "\(file).lock"
        heartbeat?.beginWait()
        defer { heartbeat?.endWait() }
        descriptor = Self.take(path, waiting: true) ?? -1
    }

    deinit {
        guard descriptor >= 0 else { return }
        unlink(path)
        close(descriptor)
    }

    /// Removes a lock file that its holder left behind, unless a process holds the lock.
    static func removeAbandoned(_ path: String) {
        guard let descriptor = take(path, waiting: false) else { return }
        unlink(path)
        close(descriptor)
    }

    /// The locked file; nil if it cannot be locked.
    private static func take(_ path: String, waiting: Bool) -> Int32? {
        while true {
            guard let descriptor = try? SafeFile.open(path, O_RDWR | (waiting ? O_CREAT : 0)) else {
                return nil
            }
            while flock(descriptor, waiting ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
                guard errno == EINTR else {
                    close(descriptor)
                    return nil
                }
            }
            var held = stat()
            var present = stat()
            if fstat(descriptor, &held) == 0, stat(path, &present) == 0, held.st_ino == present.st_ino,
                held.st_dev == present.st_dev
            {
                return descriptor
            }
            close(descriptor)
        }
    }
}
