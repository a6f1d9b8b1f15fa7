import Foundation
import LockstepFaults
import LockstepTimeline

/// The heartbeat folders of programs without a run directory:
/// `/dev/shm/lockstep-loop-<user>-<process>-<random>`.
///
/// Programs remove their folders; the next program removes those of killed jobs.
enum LoopWatchFolder {
    private static let parents = ["/dev/shm", FileManager.default.temporaryDirectory.path]
    private static var prefix: String { "lockstep-loop-\(getuid())-" }

    /// Creates a folder that only this user can read; nil on failure.
    static func make() -> String? {
        removeRemains()
        for parent in parents where hasRoom(parent) {
            var template = Array("\(parent)/\(prefix)\(getpid())-XXXXXX".utf8CString)
            if mkdtemp(&template) != nil {
                return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
            }
        }
        return nil
    }

    /// Whether there is room for the heartbeats of a host's ranks, one page each.
    private static func hasRoom(_ folder: String) -> Bool {
        var volume = statvfs()
        guard statvfs(folder, &volume) == 0 else { return false }
        // Zero blocks mean no limit.
        return volume.f_blocks == 0 || Int(volume.f_bavail) * Int(volume.f_frsize) >= 1 << 20
    }

    /// Removes this user's folders of finished jobs: the creating process has ended, and no rank holds its
    /// heartbeat.
    private static func removeRemains() {
        for parent in parents {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
            where name.hasPrefix(prefix) {
                let path = "\(parent)/\(name)"
                var status = stat()
                guard let process = Int32(name.dropFirst(prefix.count).prefix { $0 != "-" }),
                    lstat(path, &status) == 0, status.st_uid == getuid(), status.st_mode & S_IFMT == S_IFDIR,
                    kill(process, 0) != 0, errno == ESRCH
                else { continue }
                let folder = HeartbeatFolder(path: path)
                let ranks = folder.read().map(\.rank)
                if !ranks.contains(where: { HeartbeatReader.isHeld(folder.path(ofRank: $0)) != false }) {
                    folder.remove()
                }
            }
        }
    }
}
