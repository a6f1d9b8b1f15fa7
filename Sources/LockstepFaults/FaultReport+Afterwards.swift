import Foundation
import LockstepFiles
import LockstepTimeline

extension FaultReport {
    /// - Parameter now: seconds since 1970.
    package init(afterwards readings: [HeartbeatFolder.Reading], isOver: Bool = false, now: Double) {
        let remains = Remains(readings, isOver: isOver)
        let (culprits, what) = remains.blame()
        self.init(culprits.isEmpty ? .none : .ended, readings, culprits: culprits) { _, state in
            remains.fate(state)
        } age: { rank in
            readings[rank].state.map { max(0, now - $0.wallSeconds) }
        } summary: { faults in
            if readings.isEmpty { return "No rank left a heartbeat." }
            if faults.isEmpty {
                let running = readings.filter { $0.state.map(remains.isRunning) ?? false }.map {
                    RankFault(rank: $0.rank, state: $0.state, seconds: nil, fate: "")
                }
                // Either the job still runs, or these are stopped.
                return running.isEmpty
                    ? "No rank failed." : "No rank has failed so far; running: \(FaultReport.names(running))."
            }
            return "\(FaultReport.names(faults)) \(what)."
        }
        // One rank has already printed the common error.
        if remains.isAgreed { isPrinted = true }
    }

    /// Whether ranks only report that they could not reach others: their errors have been printed already.
    package static func wereOnlyUnreached(_ readings: [HeartbeatFolder.Reading]) -> Bool {
        let blamed = Remains(readings, isOver: true).blame().culprits
        return !blamed.isEmpty
            && blamed.allSatisfy { reading in
                guard let state = reading.state, state.failure == .communication else { return false }
                return state.signal.map { HeartbeatState.stopSignals.contains($0) }
                    ?? (state.exitStatus != nil)
            }
    }

    /// The ranks that still run, as far as this host can see; those of other hosts count unless the job is
    /// known to have ended.
    package static func running(_ readings: [HeartbeatFolder.Reading]) -> [Int] {
        let remains = Remains(readings, isOver: false)
        return readings.filter { $0.state.map(remains.isRunning) ?? false }.map(\.rank)
    }

    /// The fate of a rank that is known to have ended.
    static func fate(_ state: HeartbeatState?) -> String {
        guard let state else { return "its heartbeat is missing or damaged" }
        if let signal = state.signal, !HeartbeatState.stopSignals.contains(signal) {
            return "ended by signal \(signal) (\(String(cString: strsignal(signal))))"
        }
        if let status = state.exitStatus { return "ended with status \(status)" }
        if let signal = state.signal {
            return "ended after signal \(signal) (\(String(cString: strsignal(signal))))"
        }
        return "ended without an error message: killed (SIGKILL, out of memory?), or its host is gone"
    }

    /// The remains of a job as seen from one host, which cannot see the processes of other hosts.
    private struct Remains {
        private let readings: [HeartbeatFolder.Reading]
        /// Whether the job is known to have ended.
        private let isOver: Bool
        /// Whether to assume that ranks of other hosts without a recorded end are gone. Not while ranks of
        /// this host run, since all ranks may be stopped or starved; otherwise when the job, or every visible
        /// rank, has ended.
        private let areOthersGone: Bool

        init(_ readings: [HeartbeatFolder.Reading], isOver: Bool) {
            self.readings = readings
            self.isOver = isOver
            let states = readings.compactMap(\.state)
            let here = states.compactMap(\.isRunningHere)
            areOthersGone =
                !here.contains(true)
                && (isOver || !here.isEmpty || states.contains { $0.exitStatus != nil || $0.signal != nil })
        }

        func isRunning(_ state: HeartbeatState) -> Bool {
            state.exitStatus == nil && (state.isRunningHere ?? !areOthersGone)
        }

        /// Whether all ranks stopped together because of an agreed error.
        var isAgreed: Bool {
            guard let status = readings.first?.state?.exitStatus, status != 0 else { return false }
            return readings.contains { $0.state?.failure == .own }
                && readings.allSatisfy { reading in
                    reading.state?.exitStatus == status && reading.state?.signal == nil
                        && reading.state?.failure != .communication
                }
        }

        /// The culprits, by the strongest evidence available.
        func blame() -> (culprits: [HeartbeatFolder.Reading], what: String) {
            func those(_ isMeant: (HeartbeatState) -> Bool) -> [HeartbeatFolder.Reading] {
                readings.filter { $0.state.map(isMeant) ?? false }
            }
            let crashed = those { state in
                state.signal.map { !HeartbeatState.stopSignals.contains($0) } ?? false
            }
            if !crashed.isEmpty { return (crashed, "ended by a signal") }
            let failed = those { $0.failure == .own }
            if !failed.isEmpty { return (failed, "failed") }
            let unread = readings.filter { $0.state == nil }
            if !unread.isEmpty { return (unread, "left no heartbeat that can be read") }
            // mpirun sends TERM first to the ranks that it ends, and they have recorded it.
            let vanished = those { $0.exitStatus == nil && $0.signal == nil && !isRunning($0) }
            if !vanished.isEmpty && vanished.count < readings.count {
                return (vanished, "ended without an error message")
            }
            if !vanished.isEmpty {
                return (furthestBehind(vanished), "(and all other ranks) ended without an error message")
            }
            let unreached = those { $0.failure == .communication }
            if !unreached.isEmpty { return (unreached, "could not reach other ranks") }
            let ended = those { ($0.exitStatus ?? 0) != 0 }
            if !ended.isEmpty { return (ended, "left with an error") }
            let stopped = those { $0.exitStatus == nil && (isOver || !isRunning($0)) }
            if !stopped.isEmpty {
                return (furthestBehind(stopped), "was furthest behind when the job was stopped")
            }
            return ([], "")
        }

        func fate(_ state: HeartbeatState?) -> String {
            guard let state, isRunning(state), state.signal.map(HeartbeatState.stopSignals.contains) ?? true
            else {
                return FaultReport.fate(state)
            }
            return state.isRunningHere == true ? "still runs" : "may still run: it is on another host"
        }
    }
}

extension HeartbeatState {
    /// Whether the process still runs; nil if it is on another host.
    fileprivate var isRunningHere: Bool? {
        guard identity.host == ProcessInfo.processInfo.hostName else { return nil }
        guard exitStatus == nil, !isGone else { return false }
        // The process number may have been reused: a rank has its heartbeat mapped.
        return HeartbeatState.text(ofProcessFile: "/proc/\(identity.process)/maps").contains(
            "/heartbeats/rank-")
    }

    /// The text of a file in /proc, which the kernel generates page by page: Foundation reads only the first
    /// page.
    private static func text(ofProcessFile path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var page = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &page, page.count)
            if count > 0 {
                bytes += page[..<count]
            } else if count == 0 || errno != EINTR {
                return String(decoding: bytes, as: UTF8.self)
            }
        }
    }
}
