import Foundation
import Testing

/// File systems that lack something, copies of runs, and a link `latest` that is wrong: no convenience ends
/// training, and no reader needs the link.
@Suite(.serialized) struct FileSystemTests {
    private let directory: TemporaryDirectory
    private let file: String
    private let run: String

    init() throws {
        directory = try TemporaryDirectory()
        file = try directory.write("run.yaml", RunDirectoryCommandTests.runFile)
        run = directory.path("run")
    }

    private var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: run + "/checkpoints")) ?? []).sorted()
    }

    private func train(_ extra: [String] = [], ranks: Int = 1) throws -> CommandResult {
        try CommandRunner.lockstep(ranks: ranks, ["train", file, "--run-dir", run] + extra, timeout: 120)
    }

    /// Trains with errors injected into system calls on paths of the run directory.
    private func train(faults: [String], at paths: [String], _ extra: [String] = []) throws -> CommandResult {
        try CommandRunner.run(
            "/usr/bin/strace",
            ["-f", "-qq", "-o", "/dev/null"] + faults.flatMap { ["-e", "inject=\($0)"] }
                + paths.flatMap { ["-P", $0] } + [CommandRunner.command, "train", file, "--run-dir", run]
                + extra,
            timeout: 120)
    }

    private func expectReaders(_ step: Int, location: SourceLocation = #_sourceLocation) throws {
        for command in [
            ["inspect", run], ["inspect", "--verify", run], ["evaluate", run], ["report", run],
        ] {
            let result = try CommandRunner.run(CommandRunner.command, command, timeout: 60)
            #expect(result.status == 0, "\(command): \(result.output)", sourceLocation: location)
        }
        let resumed = try train(["--resume", "--set", "max_steps=\(step + 1)"])
        #expect(
            resumed.status == 0 && resumed.output.contains("after step \(step)."), "\(resumed.output)",
            sourceLocation: location)
    }

    @Test(.enabled(if: WriterFault.isPossible, "needs strace"), arguments: ["EPERM", "EOPNOTSUPP", "ENOSYS"])
    func withoutSymbolicLinks(_ error: String) throws {
        let checkpoints = run + "/checkpoints"
        let result = try train(
            faults: ["symlink,symlinkat:error=\(error)"],
            at: ["\(checkpoints)/.latest", "\(checkpoints)/.probe-latest"])
        #expect(result.status == 0, "\(result.status): \(result.output)")
        #expect(
            result.output.components(separatedBy: "Warning: \(checkpoints): symlink fails: ").count == 2
                && result.output.contains("(\(error))"), "\(result.output)")
        #expect(names == ["step-00000008", "step-00000010"])
        try expectReaders(10)
        // The link is there again as soon as it can be.
        #expect(names.contains("latest"))
    }

    /// A link that can no longer be replaced does not keep pointing to an older checkpoint.
    @Test(
        .enabled(if: WriterFault.isPossible, "needs strace"),
        arguments: ["symlink,symlinkat", "rename,renameat,renameat2"])
    func aLinkThatCannotBeReplaced(_ call: String) throws {
        #expect(try train(["--stop-after-step", "4"]).status == 0)
        let checkpoints = run + "/checkpoints"
        let result = try train(
            faults: ["\(call):error=EIO"], at: ["\(checkpoints)/.latest"],
            ["--resume"])
        #expect(result.status == 0, "\(result.status): \(result.output)")
        #expect(result.output.contains("but checkpoints/latest does not name it: "), "\(result.output)")
        #expect(names == ["step-00000008", "step-00000010"])
        try expectReaders(10)
    }

    @Test(.enabled(if: WriterFault.isPossible, "needs strace")) func withoutFsyncOfDirectories() throws {
        let checkpoints = run + "/checkpoints"
        let result = try train(
            faults: ["fsync:error=EINVAL"],
            at: [checkpoints, "\(checkpoints)/.probe", "\(checkpoints)/.step-00000004.partial"])
        #expect(result.status == 0, "\(result.status): \(result.output)")
        #expect(
            result.output.contains("fsync of a directory fails: Invalid argument (EINVAL)"),
            "\(result.output)")
        #expect(names == ["latest", "step-00000008", "step-00000010"])
        try expectReaders(10)
    }

    /// Space that cannot be reserved for a heartbeat is written.
    @Test(
        .enabled(if: WriterFault.isPossible, "needs strace"), arguments: ["EOPNOTSUPP", "ENOSYS", "EINVAL"])
    func withoutFallocate(_ error: String) throws {
        let heartbeat = run + "/heartbeats/rank-00000"
        let result = try train(faults: ["fallocate:error=\(error)"], at: [heartbeat])
        #expect(result.status == 0, "\(result.status): \(result.output)")
        #expect(FileManager.default.contents(atPath: heartbeat)?.count == 1024)
        try expectReaders(10)
    }

    /// An error that is no lack of the file system is not passed over.
    @Test(.enabled(if: WriterFault.isPossible, "needs strace")) func aBrokenDiskIsFoundBeforeTheFirstStep()
        throws
    {
        let result = try train(faults: ["fsync:error=EIO"], at: [run + "/checkpoints/.probe"])
        #expect(
            result.status != 0 && result.errors("fsync failed: Input/output error") == 1, "\(result.output)")
        let metrics = try? String(contentsOfFile: run + "/metrics.jsonl", encoding: .utf8)
        #expect((metrics ?? "").isEmpty)
    }

    @Test(
        .enabled(if: WriterFault.isPossible, "needs strace"), arguments: ["ENOLCK", "EOPNOTSUPP", "ENOSYS"])
    func withoutLocks(_ error: String) throws {
        // The lock of fcntl takes the place of flock; without either there is a warning.
        let one = try train(
            faults: ["flock:error=\(error)"], at: [run + "/lock"], ["--stop-after-step", "4"])
        #expect(one.status == 0 && !one.output.contains("flock"), "\(one.output)")
        let none = try train(
            faults: ["flock:error=\(error)", "fcntl:error=\(error)"], at: [run + "/lock"], ["--resume"])
        #expect(none.status == 0, "\(none.status): \(none.output)")
        #expect(
            none.output.contains("\(run)/lock: flock fails: ") && none.output.contains("(\(error))"),
            "\(none.output)")
        let held = try train(faults: ["flock:error=EAGAIN"], at: [run + "/lock"], ["--resume"])
        #expect(
            held.status == 2 && held.errors("another process is using this run directory") == 1,
            "\(held.output)")
    }

    /// `cp -rL`, `scp -r`, zip: the link is a folder.
    @Test(arguments: [1, 2]) func aCopiedRunGoesOn(_ ranks: Int) throws {
        let whole = directory.path("whole")
        let first = try CommandRunner.lockstep(
            ranks: 1, ["train", file, "--run-dir", whole, "--stop-after-step", "6"], timeout: 60)
        #expect(first.status == 0, "\(first.output)")
        #expect(try CommandRunner.run("/bin/cp", ["-rL", whole, run]).status == 0)
        let resumed = try train(["--resume"], ranks: ranks)
        #expect(
            resumed.status == 0 && !resumed.output.contains("Warning: \(run)/checkpoints"),
            "\(resumed.output)")
        #expect(names == ["latest", "step-00000008", "step-00000010"])
        let rest = try CommandRunner.lockstep(
            ranks: 1, ["train", file, "--run-dir", whole, "--resume"], timeout: 60)
        #expect(rest.status == 0)
        #expect(try RunResults(run).difference(from: RunResults(whole)) == nil)
    }

    /// Killed between a checkpoint and the link, at the end of a run: a resume that has no step left restores
    /// it.
    @Test(arguments: ["stale", "none", "dangling", "folder of somebody"]) func everyStartRestoresTheLink(
        _ kind: String
    ) throws {
        #expect(try train().status == 0)
        let latest = run + "/checkpoints/latest"
        try FileManager.default.removeItem(atPath: latest)
        switch kind {
        case "stale":
            try FileManager.default.createSymbolicLink(
                atPath: latest, withDestinationPath: "step-00000008")
        case "dangling":
            try FileManager.default.createSymbolicLink(
                atPath: latest, withDestinationPath: "step-00000004")
        case "folder of somebody":
            try FileManager.default.createDirectory(atPath: latest, withIntermediateDirectories: false)
            try Data("mine".utf8).write(to: URL(fileURLWithPath: latest + "/notes.txt"))
        default: break
        }
        let resumed = try train(["--resume"])
        #expect(
            resumed.status == 0 && resumed.output.contains("There are no steps left"), "\(resumed.output)")
        if kind == "folder of somebody" {
            #expect(FileManager.default.fileExists(atPath: latest + "/notes.txt"))
            #expect(
                resumed.output.contains("Warning: \(latest) is left unchanged: it contains 'notes.txt'"),
                "\(resumed.output)")
        } else {
            #expect(
                try FileManager.default.destinationOfSymbolicLink(atPath: latest) == "step-00000010")
        }
    }

    /// `checkpoints` may be a link to a place with other things; a start that is refused removes nothing, and
    /// none removes those.
    @Test func aSharedPlaceForCheckpoints() throws {
        let home = directory.path("home")
        try FileManager.default.createDirectory(
            atPath: home + "/.git/objects", withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: home + "/.profile"))
        #expect(try train(["--stop-after-step", "4"]).status == 0)
        for name in names {
            try FileManager.default.moveItem(atPath: "\(run)/checkpoints/\(name)", toPath: "\(home)/\(name)")
        }
        try FileManager.default.removeItem(atPath: run + "/checkpoints")
        try FileManager.default.createSymbolicLink(atPath: run + "/checkpoints", withDestinationPath: home)
        try FileManager.default.createDirectory(
            atPath: home + "/.step-00000008.partial", withIntermediateDirectories: false)
        let before = try FileManager.default.subpathsOfDirectory(atPath: home).sorted()
        let refused = try train(["--resume", "--set", "batch=40"])
        #expect(refused.status == 2, "\(refused.output)")
        #expect(try train().status == 2)
        #expect(try FileManager.default.subpathsOfDirectory(atPath: home).sorted() == before)
        let resumed = try train(["--resume"])
        #expect(resumed.status == 0, "\(resumed.output)")
        #expect(names == [".git", ".profile", "latest", "step-00000008", "step-00000010"])
        #expect(FileManager.default.fileExists(atPath: home + "/.git/objects"))
    }
}
