import Foundation
import LockstepTimeline

extension FaultReport {
    /// Advice for a run that hangs.
    package static let adviceToResume =
        "Continue from the newest checkpoint with --resume; --timeout allows longer pauses."

    /// The report of a job that makes no progress.
    ///
    /// Blames ranks that have made no progress for the time-out and do not wait for others. If all wait,
    /// blames a rank that is behind others of its host: they have left a wait that it is still in. Otherwise
    /// blames the connection between hosts.
    /// - Parameters:
    ///   - ages: the time since its last heartbeat in seconds, for each rank.
    ///   - advice: what to do about it.
    package init(
        hung readings: [HeartbeatFolder.Reading], ages: [Double], timeout: Double,
        advice: String = adviceToResume
    ) {
        let stuck = readings.filter { rank, state in
            // A rank with an unreadable file has not shown progress either.
            guard let state else { return true }
            return !state.isWaiting && state.exitStatus == nil && ages[rank] >= timeout * 0.9
        }
        let stall = MutualWait(readings)
        let behind = stuck.isEmpty ? stall.culprits : stuck
        self.init(.hung, readings, culprits: behind) { rank, state in
            if state == nil { return "its heartbeat cannot be read" }
            return state?.isWaiting == true ? "waits for other ranks" : "makes no progress"
        } age: {
            ages[$0]
        } summary: { culprits in
            let longest = RankFault.text(culprits.compactMap(\.seconds).max() ?? ages.max() ?? timeout)
            let limit = "\(longest) s (time-out \(RankFault.text(timeout)) s)"
            let what =
                culprits.isEmpty
                ? "No rank made progress for \(limit), and all wait for others: \(stall.cause). The job is ended."
                : "\(FaultReport.names(culprits)) made no progress for \(limit): the job is ended."
            return
                "\(what) \(advice)"
        }
    }

    /// The report of a job in which ranks cannot reach each other.
    ///
    /// Blames ranks that are known to have ended, not those that only wait.
    /// - Parameters:
    ///   - rank: the reporting rank.
    ///   - ages: the time since each rank's last heartbeat in seconds, where known.
    package init(
        communication error: String, noticedBy rank: Int, _ readings: [HeartbeatFolder.Reading],
        ages: [Double]
    ) {
        let gone = readings.filter { reading in
            guard reading.rank != rank else { return false }
            guard let state = reading.state else { return true }
            return state.signal != nil || state.isGone
        }
        self.init(.communication, readings, culprits: gone) { _, state in
            guard let state else { return "its heartbeat cannot be read" }
            return state.isGone ? "is gone" : state.isWaiting ? "waits for other ranks" : "runs"
        } age: {
            ages[$0]
        } summary: { culprits in
            let consequence =
                culprits.isEmpty
                ? "none of them is known to be gone: \(MutualWait.connection(of: readings, from: rank))"
                : "\(FaultReport.names(culprits)) may be gone"
            return "Rank \(rank) cannot reach other ranks; \(consequence). \(error)"
        }
    }

    /// The report of a job with dead ranks, by a live one.
    package init(dead: [Int], _ readings: [HeartbeatFolder.Reading], ages: [Double]) {
        let culprits = readings.filter { dead.contains($0.rank) }
        self.init(.ended, readings, culprits: culprits) { rank, state in
            if dead.contains(rank) { return FaultReport.fate(state) }
            return state?.isWaiting == true ? "waits for other ranks" : "runs"
        } age: {
            ages[$0]
        } summary: { names in
            let isCrash = culprits.contains { $0.state?.signal != nil }
            return
                "\(FaultReport.names(names)) ended \(isCrash ? "by a signal" : "without an error message")."
        }
    }

    /// The ranks that are behind all others.
    static func furthestBehind(_ readings: [HeartbeatFolder.Reading]) -> [HeartbeatFolder.Reading] {
        let missing = readings.filter { $0.state == nil }
        if !missing.isEmpty { return missing }
        return readings.filter { reading in
            guard let state = reading.state else { return true }
            return !readings.contains { $0.state.map { $0.isBehind(state) } ?? false }
        }
    }

    init(
        _ kind: Kind, _ readings: [HeartbeatFolder.Reading], culprits: [HeartbeatFolder.Reading],
        fate: (Int, HeartbeatState?) -> String, age: (Int) -> Double?,
        summary: ([RankFault]) -> String
    ) {
        func fault(_ reading: HeartbeatFolder.Reading) -> RankFault {
            RankFault(
                rank: reading.rank, state: reading.state, seconds: age(reading.rank),
                fate: fate(reading.rank, reading.state))
        }
        let guilty = Set(culprits.map(\.rank))
        let culprits = culprits.map(fault)
        self.init(
            kind: kind, summary: summary(culprits), culprits: culprits,
            others: readings.filter { !guilty.contains($0.rank) }.map(fault))
    }
}

extension HeartbeatState {
    /// Whether the process is known to have ended; only processes of this host are visible.
    var isGone: Bool {
        guard identity.host == ProcessInfo.processInfo.hostName else { return false }
        return kill(identity.process, 0) != 0 && errno == ESRCH
    }
}
