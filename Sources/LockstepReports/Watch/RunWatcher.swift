import Foundation
import LockstepFaults
import LockstepFiles
import LockstepRunLog
import LockstepTimeline

/// Follows a run by its directory, on any host.
public final class RunWatcher {
    /// The state of a run.
    public enum State: Sendable, Equatable {
        /// No rank has written a heartbeat yet.
        case waiting
        case running
        /// All ranks have ended, with the reason as far as it is known.
        case ended(String)
    }

    /// The run directory.
    public let directory: String
    /// The state of the run.
    public private(set) var state = State.waiting
    /// All records so far.
    public private(set) var history: RunHistory
    /// The number of steps completed by the slowest rank.
    public private(set) var step = 0
    /// The number of steps at which the run ends; nil if unknown.
    public private(set) var totalSteps: Int?
    /// The number of epochs; nil if unknown.
    public private(set) var epochs: Int?
    /// Each rank: its number, host, step and phase.
    public private(set) var ranks: [(rank: Int, host: String, step: Int, phase: String)] = []
    private let reader: MetricsReader
    private let folder: HeartbeatFolder
    /// The number of consecutive updates without a running rank.
    private var quiet = 0

    /// After a fault the launcher may restart the ranks, so a run has ended after this many updates without a rank.
    static let patience = 5

    /// - Throws: `ReportError` if the directory does not exist, or if it contains runs but is not a run: the watch would
    ///   never end.
    public init(directory: String) throws(ReportError) {
        guard FileManager.default.fileExists(atPath: directory + "/.") else {
            throw ReportError(
                "\(directory) is not a directory. Give a run directory, such as runs/<name>-<time>.")
        }
        let files = FileManager.default
        guard
            files.fileExists(atPath: directory + "/config.yaml")
                || (try? files.contentsOfDirectory(atPath: directory))?.contains(where: {
                    files.fileExists(atPath: "\(directory)/\($0)/config.yaml")
                }) != true
        else {
            throw ReportError(
                "\(directory) contains runs, but is not a run directory. Give one of its runs; `lockstep runs \(directory)` lists them."
            )
        }
        self.directory = directory
        reader = MetricsReader(run: directory)
        folder = HeartbeatFolder(run: directory)
        history = RunHistory(directory: directory, records: [])
    }

    /// Reads new records and states.
    /// - Throws: `ReportError` if a file cannot be read; a file that does not exist yet is not an error.
    public func look() throws(ReportError) {
        do throws(FileError) {
            if try reader.poll() {
                history = RunHistory(
                    directory: directory, records: reader.records, unreadable: reader.unreadable)
            }
        } catch {
            guard error.code == ENOENT else { throw .unreadable(error) }
        }
        let readings = folder.read()
        ranks = readings.map { rank, state in
            guard let state else { return (rank, "", 0, "no heartbeat") }
            return (
                rank, state.identity.host, state.step, state.phase.name + (state.isWaiting ? ", waiting" : "")
            )
        }
        let logged = history.steps.last?.step ?? 0
        // A rank's heartbeat counts its current step, which is not complete.
        step = max(logged, (readings.compactMap { $0.state?.step }.min() ?? 0) - 1)
        readTotals()
        decide(readings)
    }

    private func decide(_ readings: [HeartbeatFolder.Reading]) {
        guard !readings.isEmpty else {
            state = history.steps.isEmpty ? .waiting : .ended("no heartbeats: the run has ended")
            return
        }
        guard FaultReport.running(readings).isEmpty else {
            quiet = 0
            state = .running
            return
        }
        quiet += 1
        if state == .waiting, !history.steps.isEmpty { state = .running }
        let states = readings.compactMap(\.state)
        let areAllDone = states.count == readings.count && states.allSatisfy { $0.exitStatus == 0 }
        if areAllDone {
            state = .ended("ended")
        } else if quiet >= Self.patience {
            let report = FaultReport(afterwards: readings, now: Date().timeIntervalSince1970)
            state = .ended(report.summary)
        }
    }

    /// The totals in the last line of a step in `train.log`.
    private func readTotals() {
        guard let log = Self.tail(directory + "/train.log", count: 1 << 14) else { return }
        let pattern = #/epoch \d+(?:/(\d+))?  step \d+(?:/(\d+))?  loss/#
        guard let match = log.matches(of: pattern).last else { return }
        epochs = match.1.flatMap { Int($0) }
        totalSteps = match.2.flatMap { Int($0) }
    }

    private static func tail(_ path: String, count: Int) -> String? {
        guard let descriptor = try? SafeFile.open(path, O_RDONLY) else { return nil }
        defer { close(descriptor) }
        let size = lseek(descriptor, 0, SEEK_END)
        var bytes = [UInt8](repeating: 0, count: count)
        let read = pread(descriptor, &bytes, count, max(0, size - off_t(count)))
        return read < 0 ? nil : String(decoding: bytes.prefix(read), as: UTF8.self)
    }

    /// The time until the last step at the mean pace since the start or the last resume, in seconds; nil if unknown.
    public var secondsLeft: Double? {
        guard let totalSteps, let last = history.steps.last, let seconds = last["seconds"] else { return nil }
        // The first record since the start or the last resume, where the seconds begin at 0.
        var first = history.steps.endIndex - 1
        while first > 0, let before = history.steps[first - 1]["seconds"],
            before < history.steps[first]["seconds"] ?? 0
        {
            first -= 1
        }
        guard first < history.steps.endIndex - 1, let begin = history.steps[first]["seconds"] else {
            return nil
        }
        let pace = (seconds - begin) / Double(last.step - history.steps[first].step)
        return pace * Double(max(0, totalSteps - step))
    }
}
