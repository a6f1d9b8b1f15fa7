import Foundation
import Glibc
import LockstepText

/// Which directories can become a run directory: a new one, an empty one, or the directory of a run. Others may hold
/// data that must not be overwritten.
extension RunDirectory {
    /// Checks a path before anything is written there.
    /// - Throws: `CheckpointError.notARun` with the reason.
    package static func requireUsable(_ path: String) throws(CheckpointError) {
        func refused(_ reason: String) -> CheckpointError { .notARun(path: path.printable, reason: reason) }
        guard !path.isEmpty else {
            throw .notARun(path: "An empty path", reason: "it does not name a directory")
        }
        if let reason = HomePath.problem(path) { throw refused(reason) }
        guard !path.utf8.contains(0) else { throw refused("it contains a null character") }
        switch CheckpointFolder.kind(path) {
        case nil: break
        case S_IFLNK where access(path, F_OK) != 0: throw refused("it is a dangling link")
        case _ where !FileManager.default.fileExists(atPath: path + "/."):
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                throw refused("it is not a directory")
            }
            throw .system(operation: "read access", path: path, code: EACCES)
        default: break
        }
        let real = resolved(path)
        if real == "/" { throw refused("it is the root of the file system") }
        if homes.contains(real) { throw refused("it is a home directory") }
        if let run = runAround(real) {
            throw refused("it is within the run \(run.printable), among that run's files")
        }
        guard CheckpointFolder.kind(path) != nil else { return }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        } catch {
            throw SystemCalls.failure("read", path)
        }
        // One folder may be for future logs of the launcher.
        var folders = 0
        let others = names.filter { name in
            if isPassing(name, in: path) { return false }
            guard isLogFolder(name, in: path) else { return true }
            folders += 1
            return folders > 1
        }
        guard let first = others.first, !isRun(path, others) else { return }
        let more = others.count > 1 ? " and \(others.count - 1) more" : ""
        throw refused("it is neither empty nor a run: it contains '\(first.printable)'\(more)")
    }

    /// Whether a directory has files that only a run has; one of them suffices, since a copy may lack the others.
    private static func isRun(_ path: String, _ names: [String]) -> Bool {
        func begins(_ name: String, _ pattern: Regex<Substring>) -> Bool {
            guard names.contains(name) else { return false }
            return (try? pattern.prefixMatch(in: beginning(of: "\(path)/\(name)"))) ?? nil != nil
        }
        if begins("lock", #/process \d+ on \S/#) { return true }
        if begins("metrics.jsonl", #/\{"step": \d+, "epoch": \d+, "samples": /#) { return true }
        if begins("train.log", #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z rank \d+: /#) { return true }
        if names.contains("heartbeats"), isHeartbeats("\(path)/heartbeats") { return true }
        return names.contains("checkpoints") && isCheckpoints("\(path)/checkpoints")
    }

    /// Whether a folder has a checkpoint, complete or partial, named by a step or `latest`.
    private static func isCheckpoints(_ path: String) -> Bool {
        CheckpointStore(path).directories().contains { directory in
            (CheckpointFolder.fileNames + ["manifest.json"]).contains {
                CheckpointFolder.kind("\(directory)/\($0)") == S_IFREG
            }
        }
    }

    private static func isHeartbeats(_ path: String) -> Bool {
        guard CheckpointFolder.isFolder(path),
            let names = try? FileManager.default.contentsOfDirectory(atPath: path)
        else { return false }
        return names.contains { $0.wholeMatch(of: #/rank-\d{5,}/#) != nil }
    }

    /// Whether a name may exist in a directory before a run starts: files of the file system, the launcher and `doctor`,
    /// and a lock whose holder was killed right after the start.
    private static func isPassing(_ name: String, in path: String) -> Bool {
        let place = "\(path)/\(name)"
        if name == "lost+found" || name.hasPrefix(".lockstep-") { return true }
        // An empty folder, or a link to one on another disk, for future checkpoints.
        if name == "checkpoints", let inner = try? FileManager.default.contentsOfDirectory(atPath: place) {
            return inner.isEmpty
        }
        if name == "lock" { return CheckpointFolder.kind(place) == S_IFREG && beginning(of: place).isEmpty }
        return isLog(name) && CheckpointFolder.kind(place) == S_IFREG
    }

    /// Whether it is the folder of --log-dir, which can have any name.
    private static func isLogFolder(_ name: String, in path: String) -> Bool {
        let place = "\(path)/\(name)"
        guard !name.hasPrefix("."), CheckpointFolder.isFolder(place),
            let inner = try? FileManager.default.contentsOfDirectory(atPath: place)
        else { return false }
        return inner.allSatisfy { isLog($0) && CheckpointFolder.kind("\(place)/\($0)") == S_IFREG }
    }

    /// Whether a name is one of the launcher's logs.
    private static func isLog(_ name: String) -> Bool {
        name == "mpirun.log" || name.wholeMatch(of: #/rank-\d{5,}\.log/#) != nil
    }

    /// The run whose checkpoints or heartbeats contain a path; nil if none do.
    private static func runAround(_ real: String) -> String? {
        var parts = real.split(separator: "/").map(String.init)
        while let last = parts.popLast() {
            let parent = "/" + parts.joined(separator: "/")
            if last == "checkpoints" || last == "heartbeats" {
                let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
                if isRun(parent, names) { return parent }
            }
            let here = parent + (parts.isEmpty ? "" : "/") + last
            if CheckpointFolder.step(of: last) != nil,
                CheckpointFolder.kind(here + "/manifest.json") == S_IFREG
            {
                return parent
            }
        }
        return nil
    }

    /// The path without links as far as it exists, followed by the rest.
    private static func resolved(_ path: String) -> String {
        var rest: [String] = []
        var place = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        while true {
            if let real = realpath(place, nil) {
                defer { free(real) }
                let start = String(cString: real)
                return rest.isEmpty
                    ? start : ([start == "/" ? "" : start] + rest.reversed()).joined(separator: "/")
            }
            let parts = place.split(separator: "/", omittingEmptySubsequences: true)
            guard let last = parts.last else { return "/" }
            if last != "." { rest.append(String(last)) }
            place = "/" + parts.dropLast().joined(separator: "/")
        }
    }

    /// This user's home directory, from the environment and from the user database.
    private static var homes: Set<String> {
        let named = [
            ProcessInfo.processInfo.environment["HOME"],
            getpwuid(getuid()).flatMap { $0.pointee.pw_dir.map { String(cString: $0) } },
        ]
        return Set(named.compactMap { $0 }.filter { !$0.isEmpty }.map(resolved))
    }

    private static func beginning(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = max(0, read(descriptor, &bytes, bytes.count))
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
