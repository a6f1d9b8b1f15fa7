import Foundation
import Synchronization

/// Kills one rank of a run with SIGKILL as soon as the run's log has reached a step.
final class RankKiller: Sendable {
    private let done = DispatchSemaphore(value: 0)
    private let outcome = Mutex<Bool>(false)
    private let cancelled = Mutex<Bool>(false)

    /// Starts to watch.
    /// - Parameters:
    ///   - run: the run directory, which must be part of the ranks' command lines.
    ///   - step: the step in `metrics.jsonl` that triggers the kill.
    init(run: String, step: Int) {
        Thread.detachNewThread { [self] in
            defer { done.signal() }
            while !cancelled.withLock({ $0 }) {
                if RankKiller.lastStep(run) >= step, let process = RankKiller.ranks(run).last {
                    outcome.withLock { $0 = kill(process, SIGKILL) == 0 }
                    return
                }
                usleep(2000)
            }
        }
    }

    /// Stops watching; whether a rank was killed.
    func finish() -> Bool {
        cancelled.withLock { $0 = true }
        done.wait()
        return outcome.withLock { $0 }
    }

    /// The last step in the run's metrics; -1 when there is none.
    private static func lastStep(_ run: String) -> Int {
        guard let text = try? String(contentsOfFile: run + "/metrics.jsonl", encoding: .utf8),
            let line = text.split(separator: "\n").last,
            let field = RunResults.field("step", of: String(line))
        else { return -1 }
        return Int(field) ?? -1
    }

    /// The processes of the command whose arguments name the run directory: the ranks, not mpirun.
    static func ranks(_ run: String) -> [pid_t] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap(Int32.init).filter { process in
            guard let data = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else {
                return false
            }
            let arguments = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            return arguments.contains(run) && arguments.first?.hasSuffix("/lockstep") == true
        }.sorted()
    }
}
