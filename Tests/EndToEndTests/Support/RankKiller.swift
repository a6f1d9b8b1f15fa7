import Foundation
import Synchronization

/// Sends a signal to one process of a run as soon as the run's log has reached a step.
final class RankKiller: Sendable {
    private let done = DispatchSemaphore(value: 0)
    private let outcome = Mutex<(process: pid_t, time: Date)?>(nil)
    private let cancelled = Mutex<Bool>(false)

    /// Starts to watch.
    /// - Parameters:
    ///   - run: the run directory, which must be part of the ranks' command lines.
    ///   - step: the step in `metrics.jsonl` that triggers the signal.
    ///   - signal: what is sent.
    ///   - program: how the path of the process's program ends: by default that of a rank.
    init(run: String, step: Int, signal: Int32 = SIGKILL, program: String = "/lockstep") {
        Thread.detachNewThread { [self] in
            defer { done.signal() }
            while !cancelled.withLock({ $0 }) {
                if RankKiller.lastStep(run) >= step, let process = RankKiller.target(run, program) {
                    if kill(process, signal) == 0 { outcome.withLock { $0 = (process, Date()) } }
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
        return outcome.withLock { $0 } != nil
    }

    /// The process that got the signal, and when; after `finish`.
    var hit: (process: pid_t, time: Date)? { outcome.withLock { $0 } }

    /// The last step in the run's metrics; -1 when there is none.
    static func lastStep(_ run: String) -> Int {
        guard let text = try? String(contentsOfFile: run + "/metrics.jsonl", encoding: .utf8),
            let line = text.split(separator: "\n").last,
            let field = RunResults.field("step", of: String(line))
        else { return -1 }
        return Int(field) ?? -1
    }

    /// The last rank; of a script its first process, for what it runs in the background has its name, too.
    private static func target(_ run: String, _ program: String) -> pid_t? {
        let found = processes(run, program)
        return program.hasPrefix("/scripts/") ? found.first : found.last
    }

    /// The processes that are in one of these process groups and run: with number and command line.
    static func members(ofGroups groups: Set<pid_t>) -> [(process: pid_t, command: String)] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap(Int32.init).compactMap { process in
            guard let data = FileManager.default.contents(atPath: "/proc/\(process)/stat"),
                // Behind the name in brackets: state, parent, group.
                let rest = String(decoding: data, as: UTF8.self).split(separator: ")").last
            else { return nil }
            let fields = rest.split(separator: " ")
            guard fields.count > 2, fields[0] != "Z", let group = pid_t(fields[2]), groups.contains(group)
            else { return nil }
            let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
            let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            return (process, words.joined(separator: " "))
        }
    }

    /// The processes of a program whose arguments name the run directory. A script's program is its second argument.
    static func processes(_ run: String, _ program: String) -> [pid_t] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap(Int32.init).filter { process in
            guard let data = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else {
                return false
            }
            let arguments = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            guard !arguments.isEmpty else { return false }
            return arguments.contains(run)
                && (arguments[0].hasSuffix(program) || arguments.count > 1 && arguments[1].hasSuffix(program))
        }.sorted()
    }
}
