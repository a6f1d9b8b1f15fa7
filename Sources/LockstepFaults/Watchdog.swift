import Foundation
import LockstepProcess
import LockstepTimeline
import Synchronization

/// A thread on every rank that ends the job when ranks make no more progress.
///
/// It reads the heartbeats of all ranks. A rank that has made no progress for the time-out and does not wait
/// for others hangs; so does a job without any progress. A rank of this host whose process has ended is dead.
/// So is the next rank when it no longer holds the lock on its heartbeat file; this works across hosts where
/// the file system shares locks. mpirun notices dead ranks, too, but takes two seconds for those of its host
/// and two more for the others, and does not respond meanwhile. The first watchdog to notice writes the
/// report; every watchdog that sees it asks MPI to end the job and exits soon after, whatever the rank's main
/// thread is blocked in. Reading heartbeats does not allocate.
///
/// `@unchecked Sendable`: mutable state belongs to the watchdog's thread; other threads read constants, and
/// call `stop` and `communicationFailed`.
package final class Watchdog: @unchecked Sendable {
    /// The exit status of a rank that its watchdog ends, equal to `ExitStatus.fault`.
    package static let statusOfFault: Int32 = 75

    private let heartbeat: Heartbeat
    private let reporter: FaultReporter
    private let timeout: Double
    /// The time between two readings of all heartbeats, in seconds.
    private let period: Double
    /// The time between two checks for dead ranks and for a report. MPI ends some ranks by itself soon after
    /// another has died, and they leave no message.
    private let shortPeriod: Double
    private let count: Int
    private let rank: Int
    private let isOnSeveralHosts: Bool
    /// Whether each rank is on this host.
    private let isHere: [Bool]
    /// The process of each rank once seen; 0 before, and after it has left. Not visible in a separate process
    /// namespace.
    private let processes: UnsafeMutablePointer<Int32>
    /// The rank whose file lock this one watches: the next one, if it is on another host; nil for none.
    private let watched: Int?
    /// Whether that lock has been seen to be held.
    private var wasHeld = false
    private let reportPath: UnsafeMutablePointer<CChar>
    /// An earlier job may have left a report that was not removed.
    private var hadReport = false
    private let abort: @Sendable (Int32) -> Void
    /// The phases in which processor time and bytes read count as progress, and in which no single rank is
    /// reported as hanging.
    private let unmeasured: Set<RankPhase>
    /// The advice in the report of a hanging rank.
    private let advice: String
    /// Called after the report has been written or seen.
    private let cleanUp: @Sendable () -> Void

    private let reader = HeartbeatReader()
    private let paths: [UnsafeMutablePointer<CChar>]
    /// The last progress of each rank, and its time on this watchdog's clock.
    private let moves: UnsafeMutablePointer<UInt64>
    private let movedAt: UnsafeMutablePointer<Double>
    private var clock = 0.0
    private var lastLook: UInt64 = 0
    private var work = WorkMeter()

    /// The result of a check of all ranks.
    private enum Sight {
        case nothing, hang, report
        /// A rank is dead.
        case death
    }

    private let stopping = DispatchSemaphore(value: 0)
    private let stopped = DispatchSemaphore(value: 0)
    private let flusherStopping = DispatchSemaphore(value: 0)
    private let isStarted = Atomic<Bool>(false)

    /// - Parameters:
    ///   - identity: the identity of this rank.
    ///   - hostOfRank: the host number of each rank.
    ///   - timeout: in seconds; 0 for a watchdog that only reports failures of communication.
    ///   - abort: asks MPI to end all ranks.
    ///   - unmeasured: the phases in which processor time and bytes read count as progress.
    ///   - advice: the advice in the report of a hanging rank.
    ///   - cleanUp: called after the report has been written or seen, before this rank ends.
    package init(
        reporter: FaultReporter, heartbeat: Heartbeat, identity: Heartbeat.Identity, hostOfRank: [Int],
        timeout: Double, abort: @escaping @Sendable (Int32) -> Void,
        unmeasured: Set<RankPhase> = [.prepare],
        advice: String = FaultReport.adviceToResume, cleanUp: @escaping @Sendable () -> Void = {}
    ) {
        self.heartbeat = heartbeat
        self.timeout = timeout
        self.abort = abort
        self.unmeasured = unmeasured
        self.advice = advice
        self.cleanUp = cleanUp
        rank = identity.rank
        let count = identity.ranks
        self.count = count
        let host = identity.hostIndex
        isOnSeveralHosts = hostOfRank.contains { $0 != host }
        isHere = hostOfRank.map { $0 == host }
        processes = .allocate(capacity: count)
        processes.initialize(repeating: 0, count: count)
        let next = (rank + 1) % count
        watched = isHere[next] ? nil : next
        reportPath = strdup(reporter.folder.reportPath)
        self.reporter = reporter
        // Twice a second, and less often with very many files.
        period = min(
            max(timeout / 10, 0.05), 0.5 * max(1, Double(count) / 64), timeout / 4 + 0.05)
        shortPeriod = min(period, 0.1 * max(1, Double(count) / 64))
        paths = (0..<count).compactMap { strdup(reporter.folder.path(ofRank: $0)) }
        moves = .allocate(capacity: count)
        moves.initialize(repeating: 0, count: count)
        movedAt = .allocate(capacity: count)
        movedAt.initialize(repeating: 0, count: count)
    }

    deinit {
        for path in paths { free(path) }
        free(reportPath)
        processes.deallocate()
        moves.deallocate()
        movedAt.deallocate()
    }

    /// Starts to watch.
    /// - Throws: `ThreadError` when a thread cannot be started.
    package func start() throws(ThreadError) {
        guard timeout > 0, !isStarted.load(ordering: .relaxed) else { return }
        lastLook = StepTimeline.now
        hadReport = access(reportPath, F_OK) == 0
        try WorkerThread.start("watchdog") { [self] in watch() }
        isStarted.store(true, ordering: .relaxed)
        guard isOnSeveralHosts else { return }
        // A separate thread, since a remote disk may block it indefinitely.
        try WorkerThread.start("heartbeat") { [self] in
            while flusherStopping.wait(timeout: .now() + max(0.5, period)) == .timedOut { heartbeat.flush() }
        }
    }

    /// Stops watching and waits for the watchdog's thread: a rank that is exiting must not be ended.
    package func stop() {
        guard isStarted.load(ordering: .relaxed) else { return }
        stopping.signal()
        flusherStopping.signal()
        stopped.wait()
    }

    /// Reports that ranks cannot reach each other, unless there is a report already.
    package func communicationFailed(_ error: String) {
        let readings = reporter.folder.read(ranks: count)
        let now = Date().timeIntervalSince1970
        let ages = readings.map { $0.state.map { max(0, now - $0.wallSeconds) } ?? 0 }
        reporter.report(FaultReport(communication: error, noticedBy: rank, readings, ages: ages))
    }

    private func watch() {
        // Record the processes before any of them ends.
        _ = look()
        while stopping.wait(timeout: .now() + shortPeriod) == .timedOut {
            switch glance() {
            case .nothing: break
            case .hang:
                let ages = (0..<count).map { clock - movedAt[$0] }
                endJob { [timeout, advice] in
                    FaultReport(hung: $0, ages: ages, timeout: timeout, advice: advice)
                }
            case .death:
                // The ranks of a lost host disappear one after the other.
                usleep(50_000)
                let dead = (0..<count).filter(isDead)
                // The rank has exited regularly meanwhile, or this rank has been asked to end as well.
                if dead.isEmpty { break }
                let ages = (0..<count).map { clock - movedAt[$0] }
                endJob { FaultReport(dead: dead, $0, ages: ages) }
            case .report: endJob(nil)
            }
        }
        stopped.signal()
    }

    /// Checks for dead ranks, and reads all heartbeats when that is due.
    private func glance() -> Sight {
        if !hadReport, access(reportPath, F_OK) == 0 { return .report }
        let isDue = Double(StepTimeline.now - lastLook) * 1e-9 > period - shortPeriod / 2
        return isDue || hasLostRank ? look() : .nothing
    }

    /// Whether a rank of this host, or the watched rank, has disappeared.
    private var hasLostRank: Bool {
        if let watched, isGone(watched) { return true }
        for rank in 0..<count where processes[rank] != 0 {
            if kill(processes[rank], 0) != 0 && errno == ESRCH { return true }
        }
        return false
    }

    /// Checks all ranks once.
    private func look() -> Sight {
        // This rank is ending with its own message; others may be, too, and then none makes progress.
        if heartbeat.pulse.hasEnded { return .nothing }
        let now = StepTimeline.now
        // Time during which this process was itself stopped does not count.
        let passed = min(Double(now - lastLook) * 1e-9, 4 * period)
        lastLook = now
        clock += passed
        var isAnyoneMoving = false
        var hangs = false
        for rank in 0..<count {
            let pulse = rank == self.rank ? heartbeat.pulse : reader.pulse(paths[rank])
            // A rank with an unreadable file is not blamed for that, but does not keep the job alive either.
            if let pulse {
                if pulse.hasEnded {
                    processes[rank] = 0
                    continue
                }
                if isHere[rank] { note(pulse.process, of: rank) }
                if isHere[rank] || rank == watched, isDead(rank) { return .death }
                if rank == self.rank, unmeasured.contains(pulse.phase), !pulse.isWaiting,
                    work.hasProgressed(in: passed)
                {
                    heartbeat.beat()
                }
                if pulse.moves != moves[rank] {
                    moves[rank] = pulse.moves
                    movedAt[rank] = clock
                }
            }
            if clock - movedAt[rank] < timeout {
                isAnyoneMoving = true
            } else if let pulse, !pulse.isWaiting, !unmeasured.contains(pulse.phase) {
                hangs = true
            }
        }
        return hangs || !isAnyoneMoving ? .hang : .nothing
    }

    private func note(_ process: Int32, of rank: Int) {
        if kill(process, 0) == 0 { processes[rank] = process }
    }

    /// Whether a rank has ended without a regular exit. If this rank was itself asked to end, the others
    /// were, too.
    private func isDead(_ rank: Int) -> Bool {
        guard rank != self.rank, isGone(rank), !heartbeat.pulse.isSignalled else { return false }
        // It may have exited regularly meanwhile, or mpirun is already ending ranks.
        guard let last = reader.pulse(paths[rank]), !last.hasEnded else { return false }
        return isHere[rank] ? last.process == processes[rank] : !last.isSignalled || last.hasCrashed
    }

    /// Whether a rank that was seen has disappeared.
    private func isGone(_ rank: Int) -> Bool {
        if isHere[rank] { return processes[rank] != 0 && kill(processes[rank], 0) != 0 && errno == ESRCH }
        // Assume not, if that cannot be determined.
        guard let isHeld = HeartbeatReader.isHeld(paths[rank]) else { return false }
        if isHeld && rank == watched { wasHeld = true }
        // A lock that was never held means that the file system has no locks.
        return wasHeld && !isHeld
    }

    /// - Parameter report: makes the report from all heartbeats; nil if another rank has written it.
    private func endJob(_ report: (@Sendable ([HeartbeatFolder.Reading]) -> FaultReport)?) -> Never {
        JobEnd.now(abort, exitCode: Watchdog.statusOfFault) { [reporter, count, heartbeat, cleanUp] in
            if let report {
                reporter.report(report(reporter.folder.read(ranks: count)))
            } else {
                reporter.waitForReport()
            }
            heartbeat.end(status: Watchdog.statusOfFault)
            cleanUp()
        }
    }
}

/// Whether this process makes progress while it prepares data and has no steps to count: processor time, and
/// bytes read.
private struct WorkMeter {
    private var processorSeconds = 0.0
    private var bytes: UInt64 = 0

    /// Whether more than a fiftieth of the time since the last call was spent on a processor, or anything was
    /// read.
    mutating func hasProgressed(in seconds: Double) -> Bool {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        let now = Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
        let read = WorkMeter.bytesRead
        defer { (processorSeconds, bytes) = (now, read) }
        return now - processorSeconds > seconds / 50 || read > bytes + 4096
    }

    /// The number of bytes that this process has read from files and pipes.
    private static var bytesRead: UInt64 {
        guard let data = FileManager.default.contents(atPath: "/proc/self/io"),
            let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first,
            let number = line.split(separator: " ").last
        else { return 0 }
        return UInt64(number) ?? 0
    }
}
