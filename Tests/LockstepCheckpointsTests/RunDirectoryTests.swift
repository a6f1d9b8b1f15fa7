import Foundation
import LockstepCheckpoints
import Testing

@Suite struct RunDirectoryTests {
    private let parent = FileManager.default.temporaryDirectory.appendingPathComponent("runs-\(UUID())").path

    @Test func oneProcessAtATime() throws {
        defer { try? FileManager.default.removeItem(atPath: parent) }
        let first = try RunDirectory(parent + "/a/b")
        #expect(first.configurationPath == parent + "/a/b/config.yaml")
        do throws(CheckpointError) {
            _ = try RunDirectory(parent + "/a/b")
            Issue.record("the lock did not hold")
        } catch {
            #expect("\(error)".contains("process \(getpid())"))
        }
    }

    @Test func newestRunOfARecipe() throws {
        defer { try? FileManager.default.removeItem(atPath: parent) }
        for name in [
            "mlp-20260101-000000", "mlp-20260102-000000", "mlp-large-20270101-000000", "cnn-20280101-000000",
        ] {
            try FileManager.default.createDirectory(
                atPath: parent + "/" + name, withIntermediateDirectories: true)
        }
        #expect(try RunDirectory.newest(recipe: "mlp", in: parent) == parent + "/mlp-20260102-000000")
        #expect(throws: CheckpointError.self) { try RunDirectory.newest(recipe: "resnet", in: parent) }
    }

    @Test func placesThatCannotBe() throws {
        defer { try? FileManager.default.removeItem(atPath: parent) }
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try Data("text".utf8).write(to: URL(fileURLWithPath: parent + "/file"))
        #expect(throws: CheckpointError.self) { try RunDirectory(parent + "/file/run") }
    }

    /// Makes a file, and the folders that it is in.
    private func make(_ name: String, _ text: String = "mine") throws {
        let url = URL(fileURLWithPath: parent + "/" + name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    private var everything: [String] {
        ((try? FileManager.default.subpathsOfDirectory(atPath: parent)) ?? []).sorted()
    }

    /// Foreign files, each separately.
    @Test(arguments: [
        "config.yaml", "run.yaml", "data.csv", ".git/HEAD", ".DS_Store", "lock", "metrics.jsonl", "train.log",
        "summary.json",
        "checkpoints/model.pt", "checkpoints/step-100/model.safetensors",
        "checkpoints/step-00000100/weights.bin",
        "heartbeats/readme", "logs/notes.txt", "logs/rank-00000.log.gz", "rank-0.log", "src/main.swift",
    ]) func foreignDirectoriesAreRefused(_ name: String) throws {
        defer { try? FileManager.default.removeItem(atPath: parent) }
        try make("project/" + name)
        let before = everything
        let first = name.split(separator: "/").first.map(String.init) ?? ""
        let error = #expect(throws: CheckpointError.self) { try RunDirectory(parent + "/project") }
        #expect(
            error
                == .notARun(
                    path: parent + "/project", reason: "it is neither empty nor a run: it contains '\(first)'"
                ))
        #expect(
            everything == before
                && FileManager.default.contents(atPath: "\(parent)/project/\(name)") == Data("mine".utf8))
    }

    /// What only a run has, of today's or an older build, whole or copied in part; and what may be there
    /// before.
    @Test(arguments: [
        ("lock", "process 12 on host\n"), ("lock", ""),
        ("metrics.jsonl", "{\"step\": 1, \"epoch\": 1, \"samples\": 20, \"loss\": 1.5}\n"),
        ("train.log", "2026-01-31T23:59:59.123Z rank 0: run directory\n"), ("heartbeats/rank-00000", "x"),
        ("checkpoints/step-00000100/manifest.json", "{"),
        ("checkpoints/step-123456789/model.safetensors", ""),
        ("logs/rank-00000.log", "x"), ("rank-00011.log", "x"), ("mpirun.log", "x"), ("lost+found/x", ""),
    ]) func runsAndEmptyOnesAreNot(_ name: String, _ text: String) throws {
        defer { try? FileManager.default.removeItem(atPath: parent) }
        try make("run/" + name, text)
        if ["lock", "metrics.jsonl", "train.log", "heartbeats/rank-00000"].contains(name), !text.isEmpty {
            try make("run/config.yaml")
            try make("run/notes.txt")
        }
        #expect(try RunDirectory(parent + "/run").path == parent + "/run")
        // An empty folder, such as that for logs.
        try FileManager.default.createDirectory(
            atPath: parent + "/empty/logs", withIntermediateDirectories: true)
        #expect(try RunDirectory(parent + "/empty").path == parent + "/empty")
    }

    @Test func placesThatAreNoDirectoryOfARun() throws {
        defer { try? FileManager.default.removeItem(atPath: parent) }
        try make("file")
        try FileManager.default.createSymbolicLink(
            atPath: parent + "/dangling", withDestinationPath: parent + "/nowhere")
        try make("run/checkpoints/step-00000010/manifest.json")
        try FileManager.default.createSymbolicLink(
            atPath: parent + "/inside", withDestinationPath: parent + "/run/checkpoints")
        let before = everything
        let home = ProcessInfo.processInfo.environment["HOME"] ?? "/root"
        for (path, reason) in [
            (parent + "/file", "it is not a directory"),
            (parent + "/dangling", "it is a dangling link"),
            ("/", "it is the root"), (home, "it is a home directory"),
            (home + "/.", "it is a home directory"),
            ("~", "'~' does not name the home directory"), ("~/run", "write \(home)/run, or ./~/run"),
            ("~somebody/run", "write the whole path, or ./~somebody/run"),
            ("", "it does not name a directory"),
            (parent + "/run/checkpoints", "it is within the run \(parent)/run"),
            (parent + "/run/checkpoints/second", "it is within the run"),
            (parent + "/run/checkpoints/step-00000010", "it is within the run"),
            (parent + "/inside/second", "it is within the run"),
            (parent + "/run/heartbeats/x/y", "it is within the run"),
        ] {
            let error = #expect(throws: CheckpointError.self) { try RunDirectory(path) }
            guard case .notARun(_, let found) = error else {
                Issue.record("\(path): \(error as Any)")
                continue
            }
            // The folder for temporary files may be a link.
            #expect(found.contains(reason) || found.contains("it is within the run"), "\(path): \(found)")
        }
        #expect(everything == before)
        // Beside them, or in a run but not among its own.
        #expect(try RunDirectory(parent + "/run/second").path == parent + "/run/second")
    }

    /// Files of killed processes are removed; files that only resemble them stay.
    @Test func remainsAreRemoved() throws {
        defer { try? FileManager.default.removeItem(atPath: parent) }
        let run = try RunDirectory(parent + "/run")
        let own = ["config.yaml.new", "summary.json.new", ".lockstep-aB3xY9", ".lockstep-marker-12-345"]
        let others = [
            "notes.new", "train.log.new", ".lockstep-mine", ".lockstep", "config.yaml.new.bak",
            ".lockstep-aB3xY9z",
        ]
        for name in own + others { try make("run/" + name) }
        try FileManager.default.removeItem(atPath: parent + "/run/summary.json.new")
        try FileManager.default.createSymbolicLink(
            atPath: parent + "/run/summary.json.new", withDestinationPath: "/dev/full")
        run.removeRemains()
        #expect(
            everything.filter { $0 != "run" }
                == (others + ["lock", "summary.json.new"]).map { "run/" + $0 }.sorted())
    }

    /// config.yaml with comments belongs to the user: it is kept under another name.
    @Test func commentsAreKept() throws {
        defer { try? FileManager.default.removeItem(atPath: parent) }
        let run = try RunDirectory(parent + "/run")
        #expect(try run.keepAnnotatedConfiguration() == nil)
        try make("run/config.yaml", "batch: 20\n")
        #expect(try run.keepAnnotatedConfiguration() == nil)
        for (number, text) in ["# mine\nbatch: 20\n", "batch: 20  # the largest that fits\n"].enumerated() {
            try make("run/config.yaml", text)
            let copy = parent + "/run/config-\(number + 1).yaml"
            #expect(try run.keepAnnotatedConfiguration() == copy)
            #expect(FileManager.default.contents(atPath: copy) == Data(text.utf8))
        }
    }

    /// Links that another user put into a run directory are not followed for writing.
    @Test(.enabled(if: geteuid() == 0)) func linksInTheDirectory() throws {
        defer { try? FileManager.default.removeItem(atPath: parent) }
        let run = parent + "/run"
        try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
        try make("run/checkpoints/step-00000010/manifest.json", "{}")
        try Data("precious".utf8).write(to: URL(fileURLWithPath: parent + "/file"))
        symlink(parent + "/file", run + "/lock")
        lchown(run + "/lock", 54_321, 54_321)
        let error = #expect(throws: CheckpointError.self) { try RunDirectory(run) }
        #expect(
            error
                == .unusable(
                    problem:
                        "\(run)/lock is not used: it is a symbolic link of user 54321, which is not followed.",
                    advice: "Remove it if it does not belong there, or choose another --run-dir."))
        #expect(try String(contentsOfFile: parent + "/file", encoding: .utf8) == "precious")
        unlink(run + "/lock")
        mkfifo(run + "/lock", 0o600)
        #expect(throws: CheckpointError.self) { try RunDirectory(run) }
    }

    /// Checkpoints may lie on another disk; but not where another user chose.
    @Test func linksOfFolders() throws {
        defer { try? FileManager.default.removeItem(atPath: parent) }
        for folder in ["/run", "/scratch"] {
            try FileManager.default.createDirectory(
                atPath: parent + folder, withIntermediateDirectories: true)
        }
        symlink(parent + "/scratch", parent + "/run/checkpoints")
        symlink(parent + "/run", parent + "/link")
        _ = try RunDirectory(parent + "/link")
        guard geteuid() == 0 else { return }
        lchown(parent + "/run/checkpoints", 54_321, 54_321)
        #expect(throws: CheckpointError.self) { try RunDirectory(parent + "/run") }
        lchown(parent + "/run/checkpoints", 0, 0)
        lchown(parent + "/link", 54_321, 54_321)
        #expect(throws: CheckpointError.self) { try RunDirectory(parent + "/link") }
        chown(parent + "/run", 54_321, 54_321)
        #expect(throws: CheckpointError.self) { try RunDirectory(parent + "/run") }
        chown(parent + "/run", 0, 0)
        _ = try RunDirectory(parent + "/run")
    }

    @Test func foldersThatAllCanWriteTo() throws {
        defer { try? FileManager.default.removeItem(atPath: parent) }
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        chmod(parent, 0o1777)
        let error = #expect(throws: CheckpointError.self) { try RunDirectory(parent) }
        #expect("\(error.map { "\($0)" } ?? "")".contains("every user can write to it"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: parent).isEmpty)
        // A directory of this user's own in one that all share is none of that.
        _ = try RunDirectory(parent + "/run")
    }
}
