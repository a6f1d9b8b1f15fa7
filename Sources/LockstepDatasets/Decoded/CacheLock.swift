import Foundation
import LockstepFiles
import LockstepTimeline

/// The right to make a file of the cache, which one process at a time has: a lock (flock) on a file beside it.
///
/// The lock's file goes with the lock. Whoever waited for it meanwhile finds the lock on a file that is no longer there, and
/// begins again with the one that is.
struct CacheLock: ~Copyable {
    private let path: String
    private let descriptor: Int32

    /// Waits until no other process has the lock of a file of the cache.
    ///
    /// Where the lock's file cannot be made or locked, nobody waits, and several processes may do the same work.
    ///
    /// - Parameters:
    ///   - file: the path of the file of the cache.
    ///   - heartbeat: who is told that this process waits; it belongs to the calling thread.
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

    /// Removes a lock's file that its holder left behind, unless somebody has the lock.
    static func removeAbandoned(_ path: String) {
        guard let descriptor = take(path, waiting: false) else { return }
        unlink(path)
        close(descriptor)
    }

    /// The locked file, or nil where there is none to be had.
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
