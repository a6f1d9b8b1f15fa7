internal import CKernels
import Foundation
import Glibc
import LockstepFiles

/// The directory of a run: config.yaml, train.log, metrics.jsonl, summary.json, checkpoints/; and a lock.
///
/// One process (rank 0) creates it and holds its lock until it exits.
public final class RunDirectory {
    /// The directory.
    public let path: String
    /// The checkpoints.
    public let checkpoints: CheckpointStore
    /// A warning if the file system does not support locks; otherwise nil.
    public let warnings: [String]
    private let lockDescriptor: Int32
    /// Whether the directory is new.
    private let isNew: Bool

    /// The run file with all defaults.
    public var configurationPath: String { path + "/config.yaml" }
    /// The terminal output.
    public var logPath: String { path + "/train.log" }
    /// One line per logged step.
    public var metricsPath: String { path + "/metrics.jsonl" }
    /// The results.
    public var summaryPath: String { path + "/summary.json" }

    /// Creates the directory if it does not exist, and takes its lock.
    /// - Throws: `CheckpointError.notARun` if it is neither new, nor empty, nor the directory of a run; `.system` if it
    ///   cannot be written; `.locked` if another process uses it.
    public init(_ path: String) throws(CheckpointError) {
        try RunDirectory.requireUsable(path)
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
        switch RunDirectory.lock(descriptor) {
        case .taken: warnings = []
        case .unsupported(let code):
            warnings = [
                "\(lockPath): flock fails: \(String(cString: strerror(code))) (\(ErrorNumber.name(code))). "
                    + "Without a lock, a second run can overwrite this run directory: do not start two runs in it."
            ]
        case .held:
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

    /// The result of taking a lock.
    private enum Lock {
        case taken
        case held
        /// The file system does not support locks.
        case unsupported(Int32)
    }

    /// Takes the lock of an open file: with flock or, where the file system does not support it, with fcntl.
    private static func lock(_ descriptor: Int32) -> Lock {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            if errno == EWOULDBLOCK { return .held }
            let code = errno
            switch lockstep_lock_file(descriptor) {
            case 0: return .taken
            case EAGAIN, EACCES: return .held
            default: return .unsupported(code)
            }
        }
        return .taken
    }

    /// Whether this host sees a directory created by a process on another host.
    public static func isSeen(at path: String) -> Bool { access(path + "/lock", F_OK) == 0 }

    /// Removes temporary files of a killed run, and those of killed checks of `doctor` and the launcher.
    public func removeRemains() {
        for name in ["config.yaml.new", "summary.json.new"] { removeFile(name) }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        where name.wholeMatch(of: #/\.lockstep-([A-Za-z0-9]{6}|marker-\d+-\d+|\d+-\d+)/#) != nil {
            removeFile(name)
        }
    }

    /// Renames a config.yaml with comments: this program writes none, so a user has added them.
    /// - Returns: the new path; nil if nothing was renamed.
    public func keepAnnotatedConfiguration() throws(CheckpointError) -> String? {
        guard let data = FileManager.default.contents(atPath: configurationPath),
            String(decoding: data, as: UTF8.self).split(separator: "\n").contains(where: {
                // Within quotes, # is part of a value.
                $0.drop { $0 == " " }.first == "#"
                    || $0.replacing(#/"(?:[^"\\]|\\.)*"/#, with: "").contains(" #")
            })
        else { return nil }
        var number = 1
        while CheckpointFolder.kind("\(path)/config-\(number).yaml") != nil { number += 1 }
        let copy = "\(path)/config-\(number).yaml"
        try SystemCalls.rename(configurationPath, to: copy)
        return copy
    }

    private func removeFile(_ name: String) {
        let place = path + "/" + name
        if CheckpointFolder.kind(place) == S_IFREG { unlink(place) }
    }

    /// Removes the directory of a run that never began, if this object created it and it contains nothing else.
    public func removeIfUnused() {
        guard isNew else { return }
        let heartbeats = path + "/heartbeats"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: heartbeats)) ?? []
        where name == "fault.json" || name.wholeMatch(of: #/rank-\d{5,}/#) != nil {
            unlink(heartbeats + "/" + name)
        }
        rmdir(heartbeats)
        for name in ["config.yaml", "lock"] { unlink(path + "/" + name) }
        // The directory is kept if it contains anything else.
        rmdir(path)
    }

    /// The newest run of a recipe: the directory `<parent>/<recipe>-<time>` with the latest time.
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
