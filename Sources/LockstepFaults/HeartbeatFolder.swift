import Foundation
import LockstepFiles
import LockstepTimeline

/// A folder of heartbeats, by default `heartbeats` in a run directory: a file for each rank, and the report of a fault.
package struct HeartbeatFolder: Sendable {
    /// The folder.
    package let path: String

    /// The folder of a run directory.
    package init(run: String) { path = run + "/heartbeats" }

    /// A folder that exists.
    package init(path: String) { self.path = path }

    /// The file of a rank.
    package func path(ofRank rank: Int) -> String {
        let digits = String(rank)
        return "\(path)/rank-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }

    /// The report that the first rank to notice a fault writes.
    package var reportPath: String { path + "/fault.json" }

    /// Where that of an earlier job is until this one has begun.
    private var earlierPath: String { path + "/earlier" }

    /// Makes the folder, and puts aside what an earlier job left in it. One rank does this, before the others make their files.
    package func prepare() throws {
        try make()
        forgetEarlier()
        let names = Self.names(in: path)
        let isKept = !names.isEmpty && mkdir(earlierPath, 0o755) == 0
        for name in names where !isKept || rename("\(path)/\(name)", "\(earlierPath)/\(name)") != 0 {
            unlink("\(path)/\(name)")
        }
    }

    /// Removes what `prepare` has put aside: this job has begun. One rank does this.
    package func forgetEarlier() {
        for name in Self.names(in: earlierPath) { unlink("\(earlierPath)/\(name)") }
        rmdir(earlierPath)
    }

    /// Brings back what `prepare` has put aside, in the place of this job's, which was refused. One rank does this, when no watchdog
    /// of this job watches any more.
    package func restoreEarlier() {
        for name in Self.names(in: path) { unlink("\(path)/\(name)") }
        for name in Self.names(in: earlierPath) { rename("\(earlierPath)/\(name)", "\(path)/\(name)") }
        rmdir(earlierPath)
    }

    /// The heartbeats of a folder, and the report.
    private static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
            $0.wholeMatch(of: #/rank-\d{5,}/#) != nil || $0 == "fault.json"
        }
    }

    /// On a host that does not see the run directory of rank 0's the folders above are made as well.
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

    /// Makes this rank's file.
    /// - Throws: `HeartbeatError`, also where this host does not see the run directory.
    package func heartbeat(of identity: Heartbeat.Identity) throws -> Heartbeat {
        try make()
        guard let heartbeat = Heartbeat(path: path(ofRank: identity.rank), identity) else {
            throw HeartbeatError(path: path(ofRank: identity.rank), code: errno)
        }
        return heartbeat
    }

    /// Removes the folder with its heartbeats and its report.
    package func remove() {
        for name in Self.names(in: path) { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    /// What a rank's file says; nil where there is none, or none that can be read.
    package typealias Reading = (rank: Int, state: HeartbeatState?)

    /// Reads the files of all ranks. Whatever is missing or damaged is nil.
    package func read() -> [Reading] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let present = names.compactMap { $0.hasPrefix("rank-") ? Int($0.dropFirst(5)) : nil }
        let reader = HeartbeatReader()
        var states: [Int: HeartbeatState] = [:]
        for rank in present { states[rank] = try? reader.read(path(ofRank: rank)) }
        // A damaged file may name any number of ranks: no more are believed than a job can have.
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
