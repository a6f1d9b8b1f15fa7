import Foundation
import LockstepFiles
import LockstepTimeline

/// A folder of heartbeats, by default `heartbeats` in a run directory: a file for each rank, and the report
/// of a fault.
package struct HeartbeatFolder: Sendable {
    /// The folder.
    package let path: String

    /// The folder of a run directory.
    package init(run: String) { path = run + "/heartbeats" }

    /// Uses an existing folder.
    package init(path: String) { self.path = path }

    /// The file of a rank.
    package func path(ofRank rank: Int) -> String {
        let digits = String(rank)
        return "\(path)/rank-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }

    /// The report that the first rank to notice a fault writes.
    package var reportPath: String { path + "/fault.json" }

    /// Holds the files of an earlier job until this job has begun.
    private var earlierPath: String { path + "/earlier" }

    /// Creates the folder and moves files of an earlier job aside. One rank calls it, before the others
    /// create their files.
    package func prepare() throws {
        try make()
        forgetEarlier()
        let names = Self.names(in: path)
        let isKept = !names.isEmpty && mkdir(earlierPath, 0o755) == 0
        for name in names where !isKept || rename("\(path)/\(name)", "\(earlierPath)/\(name)") != 0 {
            unlink("\(path)/\(name)")
        }
    }

    /// Removes the files that `prepare` moved aside, once this job has begun. One rank calls it.
    package func forgetEarlier() {
        for name in Self.names(in: earlierPath) { unlink("\(earlierPath)/\(name)") }
        rmdir(earlierPath)
    }

    /// Restores the files that `prepare` moved aside after this job was refused. One rank calls it, after all
    /// watchdogs of this job have stopped.
    package func restoreEarlier() {
        for name in Self.names(in: path) { unlink("\(path)/\(name)") }
        for name in Self.names(in: earlierPath) { rename("\(earlierPath)/\(name)", "\(path)/\(name)") }
        rmdir(earlierPath)
    }

    /// The names of the heartbeats and the report in a folder.
    private static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
            $0.wholeMatch(of: #/rank-\d{5,}/#) != nil || $0 == "fault.json"
        }
    }

    /// On a host that cannot see rank 0's run directory, also creates the parent folders.
    private func make() throws {
        if mkdir(path, 0o755) != 0, errno == ENOENT {
            try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            _ = mkdir(path, 0o755)
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw HeartbeatError(path: path, code: errno) }
        do throws(FileError) {
            try TrustedFolder.require(path)
        } catch {
            throw HeartbeatError(path: path, code: error.code, reason: error.reason)
        }
    }

    /// Creates this rank's file.
    /// - Throws: `HeartbeatError`, also where this host cannot see the run directory.
    package func heartbeat(of identity: Heartbeat.Identity) throws -> Heartbeat {
        try make()
        guard let heartbeat = Heartbeat(path: path(ofRank: identity.rank), identity) else {
            throw HeartbeatError(path: path(ofRank: identity.rank), code: errno)
        }
        return heartbeat
    }

    /// Removes the folder with its contents.
    package func remove() {
        for name in Self.names(in: path) { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    /// The state in a rank's file; nil if it is missing or unreadable.
    package typealias Reading = (rank: Int, state: HeartbeatState?)

    /// Reads the files of all ranks; missing or damaged ones give nil.
    package func read() -> [Reading] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let present = names.compactMap { $0.hasPrefix("rank-") ? Int($0.dropFirst(5)) : nil }
        let reader = HeartbeatReader()
        var states: [Int: HeartbeatState] = [:]
        for rank in present { states[rank] = try? reader.read(path(ofRank: rank)) }
        // A damaged file may contain any number of ranks: ignore impossible ones.
        let named = states.values.map(\.identity.ranks).filter { $0 <= 1 << 20 }.max() ?? 0
        let count = max(named, (present.filter { $0 <= 1 << 20 }.max() ?? -1) + 1)
        return (0..<count).map { ($0, states[$0]) }
    }

    /// Reads the files of a job's ranks.
    package func read(ranks: Int) -> [Reading] {
        let reader = HeartbeatReader()
        return (0..<ranks).map { ($0, try? reader.read(path(ofRank: $0))) }
    }
}
