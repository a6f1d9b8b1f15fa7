import Foundation
import Synchronization

/// Disturbs a run as soon as its log has reached a step, and measures how long its ranks survive.
final class FaultInjector: Sendable {
    /// What happened.
    struct Outcome: Sendable {
        /// The ranks that ran then, on all hosts, in their order.
        var ranks: [pid_t]
        /// Their process groups: what a rank starts, such as a backtrace, belongs to the rank's.
        var groups: Set<pid_t>
        /// From the fault to the end of the last of them, in seconds.
        var seconds: Double
    }

    private let done = DispatchSemaphore(value: 0)
    private let outcome = Mutex<Result<Outcome, any Error>?>(nil)
    private let cancelled = Mutex<Bool>(false)

    /// Starts to watch.
    /// - Parameters:
    ///   - run: the run directory, which must be part of the ranks' command lines.
    ///   - step: the step in `metrics.jsonl` that triggers the fault.
    ///   - afterwards: called after all those ranks have ended.
    ///   - fault: gets the ranks' processes.
    init(
        run: String, step: Int, afterwards: @escaping @Sendable () throws -> Void = {},
        fault: @escaping @Sendable ([pid_t]) throws -> Void
    ) {
        Thread.detachNewThread { [self] in
            defer { done.signal() }
            while RankKiller.lastStep(run) < step {
                if isCancelled { return }
                usleep(2000)
            }
            // Process numbers do not follow the order of ranks.
            let ranks = RankKiller.processes(run, "/lockstep").sorted {
                FaultInjector.rank(of: $0) < FaultInjector.rank(of: $1)
            }
            // mpirun puts every rank in a separate process group, which the check needs.
            let groups = Set(ranks.map { getpgid($0) }).subtracting([getpgid(0)])
            let begin = Date()
            let result = Result {
                try fault(ranks)
                while ranks.contains(where: { FaultInjector.isAlive($0, in: run) }) {
                    if isCancelled { throw Testbed.Failure(message: "ranks outlived the run") }
                    usleep(10_000)
                }
                let seconds = Date().timeIntervalSince(begin)
                try afterwards()
                return Outcome(ranks: ranks, groups: groups, seconds: seconds)
            }
            outcome.withLock { $0 = result }
        }
    }

    /// Stops watching; nil when the run never reached the step.
    func finish() throws -> Outcome? {
        cancelled.withLock { $0 = true }
        done.wait()
        return try outcome.withLock { $0 }?.get()
    }

    /// The number that Open MPI or MPICH has given a process.
    private static func rank(of process: pid_t) -> Int {
        guard let environment = FileManager.default.contents(atPath: "/proc/\(process)/environ") else {
            return .max
        }
        for entry in environment.split(separator: 0) {
            let text = String(decoding: entry, as: UTF8.self)
            for name in ["OMPI_COMM_WORLD_RANK=", "PMI_RANK="] where text.hasPrefix(name) {
                return Int(text.dropFirst(name.count)) ?? .max
            }
        }
        return .max
    }

    private var isCancelled: Bool { cancelled.withLock { $0 } }

    /// Whether a process is still that rank, and more than a zombie, which has no command line.
    private static func isAlive(_ process: pid_t, in run: String) -> Bool {
        guard let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else {
            return false
        }
        return String(decoding: line, as: UTF8.self).contains(run)
    }
}
