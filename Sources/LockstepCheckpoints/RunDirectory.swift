import Foundation
import Glibc
import LockstepFiles

/// The directory of a run: config.yaml, train.log, metrics.jsonl, summary.json, checkpoints/; and a lock.
///
/// One process (rank 0) makes it and holds its lock as long as it lives.
public final class RunDirectory {
    /// The directory.
    public let path: String
    /// The checkpoints.
    public let checkpoints: CheckpointStore
    private let lockDescriptor: Int32
    /// Whether the directory was not there before.
    private let isNew: Bool

    /// The run file with all defaults.
    public var configurationPath: String { path + "/config.yaml" }
    /// What was on the terminal.
    public var logPath: String { path + "/train.log" }
    /// One line per logged step.
    public var metricsPath: String { path + "/metrics.jsonl" }
    /// The results.
    public var summaryPath: String { path + "/summary.json" }

    /// Makes the directory where it does not exist, and takes its lock.
    /// - Throws: `CheckpointError.system` when it cannot be written, `.locked` when another process has it.
    public init(_ path: String) throws(CheckpointError) {
        self.path = path
        checkpoints = CheckpointStore(path + "/checkpoints")
        isNew = access(path, F_OK) != 0
        try SystemCalls.makeDirectories(path)
        if access(path, W_OK) != 0 { throw SystemCalls.failure("write access", path) }
        let lockPath = path + "/lock"
        let descriptor: Int32
        do throws(FileError) {
            for folder in [path, checkpoints.directory] where access(folder, F_OK) == 0 {
                try TrustedFolder.require(folder)
            }
            descriptor = try SafeFile.open(lockPath, O_RDWR | O_CREAT)
        } catch {
            throw CheckpointError(runDirectory: error)
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var text = [UInt8](repeating: 0, count: 200)
            let count = pread(descriptor, &text, text.count, 0)
            close(descriptor)
            let holder = String(decoding: text.prefix(max(0, count)), as: UTF8.self)
            throw .locked(path: path, holder: holder.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        lockDescriptor = descriptor
        ftruncate(descriptor, 0)
        let text = Array("process \(getpid()) on \(ProcessInfo.processInfo.hostName)\n".utf8)
        try text.withBytes { (raw) throws(CheckpointError) in
            try SystemCalls.writeAll(descriptor, raw, path: lockPath)
        }
    }

    deinit { close(lockDescriptor) }

    /// Whether this host sees the directory that a process of another one has made.
    public static func isSeen(at path: String) -> Bool { access(path + "/lock", F_OK) == 0 }

    /// Removes the directory of a run that never began, if this object made it and there is nothing else in it.
    public func removeIfUnused() {
        guard isNew else { return }
        let heartbeats = path + "/heartbeats"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: heartbeats)) ?? [] {
            unlink(heartbeats + "/" + name)
        }
        rmdir(heartbeats)
        for name in ["config.yaml", "lock"] { unlink(path + "/" + name) }
        // Whatever else there is keeps it.
        rmdir(path)
    }

    /// The newest run of a recipe: the directory `<parent>/<recipe>-<time>` that was made last.
    public static func newest(recipe: String, in parent: String) throws(CheckpointError) -> String {
        let entries = ((try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []).filter { entry in
            guard entry.hasPrefix(recipe + "-") else { return false }
            return entry.dropFirst(recipe.count + 1).allSatisfy { $0.isNumber || $0 == "-" }
        }
        guard let newest = entries.max() else {
            throw .nothingToResume(
                "There is no run of \(recipe) in \(parent)/ to resume. Name its directory with --run-dir, "
                    + "or start a new run without --resume.")
        }
        return parent + "/" + newest
    }

    /// A name for a new run: `<parent>/<recipe>-<year><month><day>-<hour><minute><second>`, local time.
    public static func fresh(recipe: String, in parent: String, at date: Date = Date()) -> String {
        var seconds = time_t(date.timeIntervalSince1970)
        var parts = tm()
        localtime_r(&seconds, &parts)
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : String(value) }
        let day = "\(parts.tm_year + 1900)\(two(parts.tm_mon + 1))\(two(parts.tm_mday))"
        let base = "\(parent)/\(recipe)-\(day)-\(two(parts.tm_hour))\(two(parts.tm_min))\(two(parts.tm_sec))"
        var name = base
        var number = 2
        while FileManager.default.fileExists(atPath: name) {
            name = "\(base)-\(number)"
            number += 1
        }
        return name
    }
}
