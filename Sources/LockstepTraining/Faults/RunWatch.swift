import Foundation
import LockstepCollectives
import LockstepExperiment
import LockstepFaults
import LockstepProcess
import LockstepRunLog
import LockstepTasks
import LockstepTimeline

/// The heartbeat and watchdog of a run on this rank, from before the data are read to the end.
///
/// The ranks of a run watch each other: each writes its position to `heartbeats/`. When a rank dies, or makes no
/// progress within the time-out while the others wait for it, the job ends with status 75 and a report in the log and in
/// `heartbeats/fault.json`, which `lockstep report` shows. `TrainingRun` does this by itself; a custom training loop
/// uses `watching`.
public struct RunWatch {
    /// The position of this rank, for the other ranks.
    let heartbeat: Heartbeat
    private let watchdog: Watchdog
    /// The time-out in seconds; 0 for none.
    private let timeout: Double

    /// Creates this rank's heartbeat and starts the watchdog. Collective.
    /// - Parameters:
    ///   - timeout: in seconds; 0 for none, nil for the value in the environment.
    ///   - unmeasured: the phases in which processor time and bytes read count as progress.
    init(
        communicator: Communicator, run: String, timeout: Double?, unmeasured: Set<RankPhase> = [.prepare],
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        try communicator.endLoopWatch()
        let folder = HeartbeatFolder(run: run)
        let (heartbeat, timeout) = try communicator.together {
            let timeout = try timeout ?? RunWatch.timeout(environment)
            let restart = environment["LOCKSTEP_RESTART"].flatMap { Int($0) } ?? 0
            let heartbeat: Heartbeat
            do {
                heartbeat = try folder.heartbeat(of: communicator.identity(restart: restart))
            } catch let error as HeartbeatError {
                throw RunLogError(error)
            }
            if let problem = heartbeat.noteSignals() {
                throw TrainingError.environment(
                    "The signal handlers could not be installed: \(problem).")
            }
            return (heartbeat, timeout)
        }
        self.timeout = timeout
        heartbeat.enter(.prepare)
        communicator.heartbeat = heartbeat
        self.heartbeat = heartbeat
        // Output of a rank on a host without network does not arrive, so the launcher shows the reports of other hosts.
        let launcher = environment["LOCKSTEP_REPORT_HOST"] ?? ""
        let reporter = FaultReporter(
            folder: folder, rank: communicator.rank, log: run + "/train.log",
            printsReport: launcher.isEmpty || launcher == communicator.hostName,
            logText: { [rank = communicator.rank] in Console.logText($0, rank: rank) })
        watchdog = Watchdog(
            reporter: reporter, heartbeat: heartbeat, identity: communicator.identity(),
            hostOfRank: communicator.hostOfRank, timeout: timeout, abort: communicator.abortWorld,
            unmeasured: unmeasured)
        do {
            try communicator.together { try watchdog.start() }
        } catch {
            throw failure(of: error, hasBegun: false, communicator)
        }
    }

    /// Runs a custom training loop while the ranks watch each other through a run directory. Collective.
    ///
    /// Within `DataParallel.step`, progress means the phases of the step; between steps, processor time and bytes read also count.
    /// - Parameters:
    ///   - directory: the run directory, which rank 0 has created (`RunDirectory`).
    ///   - timeout: in seconds; 0 for none, nil for the environment variable `LOCKSTEP_TIMEOUT`, or else 600.
    ///   - body: the loop, which creates its `DataParallel`. Its error is stored in the rank's heartbeat for reports.
    /// - Throws: what `body` throws, for `RankProgram.run` to report.
    public static func watching<Result>(
        _ communicator: Communicator, directory: String, timeout: Double? = nil, _ body: () throws -> Result
    ) throws -> Result {
        let folder = HeartbeatFolder(run: directory)
        try communicator.together {
            guard communicator.rank == 0 else { return }
            do {
                try folder.prepare()
            } catch let error as HeartbeatError {
                throw RunLogError(error)
            }
            folder.forgetEarlier()
        }
        let watch = try RunWatch(
            communicator: communicator, run: directory, timeout: timeout,
            unmeasured: [.prepare, .idle, .load, .checkpoint])
        do {
            let result = try body()
            try watch.end(communicator)
            return result
        } catch {
            throw watch.failure(of: error, hasBegun: true, communicator)
        }
    }

    /// The time-out in the environment.
    package static func timeout(_ environment: [String: String]) throws -> Double {
        do {
            return try WatchTimeout.seconds(environment)
        } catch {
            throw TrainingError.environment("\(error)")
        }
    }

    /// Ends a successful run. Collective: no rank stops watching before all have arrived.
    func end(_ communicator: Communicator) throws {
        heartbeat.enter(.idle)
        try communicator.barrier()
        close(communicator)
        if timeout > 0 { communicator.finalizeLimit = (timeout, ExitStatus.fault.rawValue) }
        heartbeat.end(status: ExitStatus.success.rawValue)
    }

    /// Ends a failed run: stores the error in the heartbeat, and reports failed communication.
    /// - Returns: the error to throw.
    func failure(of error: any Error, hasBegun: Bool, _ communicator: Communicator) -> any Error {
        var isReported = false
        var status = hasBegun || error.isOfSystem ? ExitStatus(ofRunning: error) : ExitStatus.mistake
        if case CollectiveError.mpi = error {
            status = .fault
            isReported = true
            heartbeat.fail("\(error)", .communication)
            watchdog.communicationFailed("\(error)")
        } else if isOwn(error, communicator) {
            heartbeat.fail("\(error)", .own)
        }
        close(communicator)
        heartbeat.end(status: status.rawValue)
        guard hasBegun || isReported || error.isOfSystem else { return error }
        return RunFailure(
            error: (error as? RunFailure)?.error ?? error, status: status, isReported: isReported)
    }

    /// Whether an error that all ranks throw is attributed to this rank.
    private func isOwn(_ error: any Error, _ communicator: Communicator) -> Bool {
        switch (error as? RunFailure)?.error ?? error {
        case let agreed as AgreedFailure: agreed.ranks.contains(communicator.rank)
        case let common as TrainingError where common.isCommon: communicator.rank == 0
        default: true
        }
    }

    private func close(_ communicator: Communicator) {
        watchdog.stop()
        heartbeat.stopNotingSignals()
        communicator.heartbeat = nil
    }
}
