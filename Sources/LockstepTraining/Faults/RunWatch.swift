import Foundation
import LockstepCollectives
import LockstepExperiment
import LockstepFaults
import LockstepProcess
import LockstepRunLog
import LockstepTasks
import LockstepTimeline

/// A run's heartbeat and watchdog on this rank, from before the data are read to the end.
///
/// The ranks of a run directory watch each other: each writes where it is to `heartbeats/`. When a rank dies, or makes no
/// progress for the time-out while the others wait for it, the job ends with status 75 and a report in the log and in
/// `heartbeats/fault.json`, which `lockstep report` shows. `TrainingRun` does this by itself; a custom training loop
/// uses `watching`.
public struct RunWatch {
    /// Where this rank is, for others to see.
    let heartbeat: Heartbeat
    private let watchdog: Watchdog
    /// In seconds; 0 for none.
    private let timeout: Double

    /// Makes this rank's heartbeat and starts the watchdog. Collective.
    /// - Parameters:
    ///   - timeout: in seconds; 0 for none, nil for what the environment says.
    ///   - unmeasured: the phases in which processor time and bytes read are progress.
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
                    "The handlers for signals could not be installed: \(problem).")
            }
            return (heartbeat, timeout)
        }
        self.timeout = timeout
        heartbeat.enter(.prepare)
        communicator.heartbeat = heartbeat
        self.heartbeat = heartbeat
        // What a rank on a host without network says does not arrive: the launcher shows what other hosts than its own report.
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
    /// Within `DataParallel.step` progress means the phases of the step; between steps processor time and bytes read count, too.
    /// - Parameters:
    ///   - directory: the run directory, which rank 0 has made (`RunDirectory`).
    ///   - timeout: in seconds; 0 for none, nil for what the environment variable `LOCKSTEP_TIMEOUT` says, or 600.
    ///   - body: the loop, which makes its `DataParallel`. Its error is kept in the rank's heartbeat for reports.
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

    /// The time-out that the environment says.
    package static func timeout(_ environment: [String: String]) throws -> Double {
        do {
            return try WatchTimeout.seconds(environment)
        } catch {
            throw TrainingError.environment("\(error)")
        }
    }

    /// The end of a run that went well. Collective: no rank stops watching before all have come.
    func end(_ communicator: Communicator) throws {
        heartbeat.enter(.idle)
        try communicator.barrier()
        close(communicator)
        if timeout > 0 { communicator.finalizeLimit = (timeout, ExitStatus.fault.rawValue) }
        heartbeat.end(status: ExitStatus.success.rawValue)
    }

    /// The end of a run that failed: leaves the error in the heartbeat, and reports communication that failed.
    /// - Returns: what is to be thrown.
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

    /// Whether an error that all ranks throw is told as this rank's.
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
