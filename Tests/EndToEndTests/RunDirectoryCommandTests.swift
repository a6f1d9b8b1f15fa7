import Foundation
import Testing

/// A folder that is no run's is refused before a byte is written, whoever trains.
@Suite(.serialized) struct RunDirectoryCommandTests {
    private let directory: TemporaryDirectory

    /// A run file with a comment that a run's own would not have.
    static let runFile = """
        # What I tried on Monday.
        model: {mlp: {hidden: [8]}}
        data: {synthetic: {samples: 200, shape: [4], classes: 3}}
        batch: 20
        max_steps: 10
        checkpoint: {every_steps: 4, keep: 2}
        optimizer: {sgd: {learning_rate: 0.1}}
        """

    init() throws { directory = try TemporaryDirectory() }

    /// A path that is not a run's is a mistake of the user.
    @Test(arguments: [["diff", "none", "other"], ["report", "none"], ["runs", "none"], ["watch", "none"]])
    func commandsOnNoRun(_ arguments: [String]) throws {
        let result = try CommandRunner.run(
            CommandRunner.command, arguments, directory: directory.url, timeout: 30)
        #expect(result.status == 2 && result.output.contains("none"), "\(result.output)")
    }

    /// Everything below a folder with its contents.
    private func contents(_ path: String) -> [String: Data] {
        var result: [String: Data] = [:]
        for name in (try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? [] {
            result[name] = FileManager.default.contents(atPath: path + "/" + name) ?? Data()
        }
        return result
    }

    @Test(arguments: ["train", "two ranks", "program", "program on two ranks", "resume"])
    func theFolderOfTheRunFile(_ who: String) throws {
        let project = URL(fileURLWithPath: directory.path("project"))
        try FileManager.default.createDirectory(
            at: project.appending(path: ".git"), withIntermediateDirectories: true)
        try Data(Self.runFile.utf8).write(to: project.appending(path: "config.yaml"))
        try Data("ref: refs/heads/main\n".utf8).write(to: project.appending(path: ".git/HEAD"))
        let before = contents(project.path)
        let program = CommandRunner.productsDirectory.appendingPathComponent("CustomModel").path
        let arguments = ["config.yaml", "--run-dir", "."]
        let result =
            switch who {
            case "two ranks":
                try CommandRunner.lockstep(ranks: 2, ["train"] + arguments, directory: project, timeout: 60)
            case "program": try CommandRunner.run(program, arguments, directory: project, timeout: 60)
            case "program on two ranks":
                try CommandRunner.run(
                    CommandRunner.launcher, ["-n", "2", program] + arguments, directory: project, timeout: 60)
            default:
                try CommandRunner.lockstep(
                    ranks: 1, ["train"] + arguments + (who == "resume" ? ["--resume"] : []),
                    directory: project,
                    timeout: 60)
            }
        #expect(result.status == 2 && !result.timedOut, "\(result.status): \(result.tail)")
        #expect(
            result.errors(
                ". cannot be a run directory: it is neither empty nor a run: it contains '.git' and 1 more")
                == 1,
            "\(result.output)")
        #expect(contents(project.path) == before)
    }

    /// A shell does not expand `~` after `=`.
    @Test func aTildeIsRefusedEverywhere() throws {
        let file = try directory.write("run.yaml", Self.runFile)
        let run = directory.path("run")
        #expect(
            try CommandRunner.lockstep(ranks: 1, ["train", file, "--run-dir", run], timeout: 60).status == 0)
        for (ranks, arguments) in [
            (1, ["train", file, "--run-dir=~/x"]), (2, ["train", file, "--run-dir=~/x"]),
            (1, ["train", file, "--run-dir", "~"]),
            (1, ["train", "~/run.yaml"]),
            (1, ["train", file, "--run-dir", directory.path("y"), "--trace", "~/t.json"]),
            (
                1,
                [
                    "train", file, "--run-dir", directory.path("y"), "--set",
                    "data={csv: {train: ~/a.csv, target: a}}",
                ]
            ),
            (
                1,
                [
                    "train", file, "--run-dir", directory.path("y"), "--set",
                    "data={cifar10: {directory: ~/c}}",
                ]
            ),
            (1, ["evaluate", "~/run"]), (1, ["inspect", "~/run"]), (1, ["report", "~/run"]),
            (1, ["predict", run, "--output", "~/p.csv"]),
            (1, ["evaluate", run, "--json", "~/m.json"]), (1, ["evaluate", run, "--config", "~/run.yaml"]),
            (1, ["bench", "checkpoint", "--directory", "~/b"]),
            (1, ["bench", "step", file, "--json=~/b.json"]),
        ] {
            let result = try CommandRunner.lockstep(
                ranks: ranks, arguments, directory: directory.url, timeout: 60)
            #expect(result.status == 2 && !result.timedOut, "\(arguments): \(result.status): \(result.tail)")
            #expect(
                result.errors("'~' does not name the home directory") == 1, "\(arguments): \(result.output)")
        }
        let launched = try CommandRunner.lockstep(
            ranks: 2, ["--log-dir=~/l", "train", file], directory: directory.url, timeout: 60)
        #expect(launched.status == 2, "\(launched.output)")
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.url.path)
        #expect(names.sorted() == ["run", "run.yaml"])
    }

    /// The launcher makes a run's directory for its name, and `--log-dir` may lie in it, or be it.
    @Test(arguments: ["logs", "."]) func logsOfTheLauncherInIt(_ logs: String) throws {
        let file = try directory.write("run.yaml", Self.runFile)
        let run = directory.path("run")
        for extra in [[], ["--resume"]] {
            let result = try CommandRunner.run(
                CommandRunner.launcher,
                ["-n", "2", "--log-dir", "\(run)/\(logs)", "train", file, "--run-dir", run] + extra,
                environment: ["LOCKSTEP_BINARY": CommandRunner.command], timeout: 60)
            #expect(result.status == 0, "\(result.output)")
        }
        #expect(FileManager.default.fileExists(atPath: "\(run)/\(logs)/rank-00000.log"))
    }

    /// A run's own config.yaml can be its run file; comments that a user has added are kept.
    @Test func aRunsOwnConfiguration() throws {
        let file = try directory.write("run.yaml", Self.runFile)
        let run = directory.path("run")
        #expect(
            try CommandRunner.lockstep(ranks: 1, ["train", file, "--run-dir", run], timeout: 60).status == 0)
        let own = run + "/config.yaml"
        let annotated = "# Better than Tuesday's.\n" + (try String(contentsOfFile: own, encoding: .utf8))
        try Data(annotated.utf8).write(to: URL(fileURLWithPath: own))
        let result = try CommandRunner.lockstep(
            ranks: 1, ["train", own, "--run-dir", run, "--resume", "--set", "max_steps=12"], timeout: 60)
        #expect(
            result.status == 0 && result.output.contains("the old file is kept as \(run)/config-1.yaml"),
            "\(result.output)")
        #expect(try String(contentsOfFile: run + "/config-1.yaml", encoding: .utf8) == annotated)
        #expect(try String(contentsOfFile: own, encoding: .utf8).contains("max_steps: 12\n"))
    }
}
