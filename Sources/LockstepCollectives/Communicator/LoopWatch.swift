import Foundation
import LockstepContracts
import LockstepFaults
import LockstepProcess
import LockstepTimeline

/// The heartbeat and the watchdog of a custom training loop, from the creation of the communicator to
/// `finalize`.
///
/// A training run keeps heartbeats in its run directory; here they are in a folder in the host's memory,
/// visible only to the ranks of that host. If a rank dies, or makes no progress for the time-out
/// (`LOCKSTEP_TIMEOUT`) while the others wait for it, the job ends with a report. Outside of
/// `DataParallel.step` processor time and bytes read count as progress, since the phases of a custom loop are
/// unknown.
final class LoopWatch {
    let heartbeat: Heartbeat
    /// The time-out in seconds; 0 for none.
    let timeout: Double
    private let watchdog: Watchdog
    let folder: HeartbeatFolder
    private let isLeader: Bool

    /// Starts the watchdog. Collective.
    /// - Returns: nil if heartbeats cannot be created on every host, after a warning.
    static func start(_ communicator: Communicator) throws(CollectiveError) -> LoopWatch? {
        let timeout: Double
        do {
            timeout = try WatchTimeout.seconds()
        } catch {
            throw .environment("\(error)")
        }
        let isLeader = communicator.localRank == 0
        let made = isLeader ? LoopWatchFolder.make() : nil
        let names = try communicator.allGather(Array((made ?? "").utf8))
        let leader = communicator.rank - communicator.localRank
        let folder = HeartbeatFolder(path: String(decoding: names[leader], as: UTF8.self))
        var problem = folder.path.isEmpty ? "there is no room in /dev/shm" : nil
        var heartbeat: Heartbeat?
        if problem == nil {
            do {
                heartbeat = try folder.heartbeat(of: communicator.identity())
                problem = heartbeat?.noteSignals()
            } catch {
                problem = "\(error)"
            }
        }
        let problems = try communicator.allGather(Array((problem ?? "").utf8))
        guard let heartbeat, problems.allSatisfy(\.isEmpty) else {
            heartbeat?.stopNotingSignals()
            if isLeader, !folder.path.isEmpty { folder.remove() }
            if communicator.rank == 0, let first = problems.first(where: { !$0.isEmpty }) {
                let reason = String(decoding: first, as: UTF8.self)
                StandardStream.errors.writeIfPossible(
                    "\(ProgramName.text): Warning: a rank that hangs will not be noticed: \(reason).\n")
            }
            return nil
        }
        return LoopWatch(communicator, heartbeat, folder, timeout: timeout)
    }

    private init(
        _ communicator: Communicator, _ heartbeat: Heartbeat, _ folder: HeartbeatFolder, timeout: Double
    ) {
        self.heartbeat = heartbeat
        self.timeout = timeout
        self.folder = folder
        isLeader = communicator.localRank == 0
        heartbeat.enter(.prepare)
        watchdog = Watchdog(
            reporter: FaultReporter(folder: folder, rank: communicator.rank, log: "", printsReport: true),
            heartbeat: heartbeat, identity: communicator.identity(), hostOfRank: communicator.hostOfRank,
            timeout: timeout, abort: communicator.abortWorld,
            unmeasured: [.prepare, .idle, .load, .checkpoint],
            advice:
                "Continue from the newest checkpoint, if there is one; LOCKSTEP_TIMEOUT=SECONDS allows longer pauses.",
            cleanUp: {
                // The other ranks look for the report every tenth of a second.
                usleep(250_000)
                folder.remove()
            })
        do throws(ThreadError) {
            try watchdog.start()
        } catch {
            StandardStream.errors.writeIfPossible(
                "\(ProgramName.text): Warning: a rank that hangs will not be noticed: \(error)\n")
        }
    }

    /// Stops the watchdog, after all ranks have reached their end.
    func stop() {
        watchdog.stop()
        heartbeat.stopNotingSignals()
        heartbeat.end(status: 0)
        if isLeader { folder.remove() }
    }
}
