import Foundation
import Testing

/// Faults of a running job: every rank ends in time, one report names the rank, and `--resume` gives the bits of the run that
/// nothing happened to.
@Suite(.serialized) struct FaultTests {
    private let directory: TemporaryDirectory
    private let file: String
    /// Long enough for a busy machine, short enough for a test.
    private let timeout = 5.0

    init() throws {
        directory = try TemporaryDirectory()
        file = try directory.write("run.yaml", Self.runFile)
    }

    private func train(_ run: String, _ extra: [String] = [], ranks: Int = 3) throws -> CommandResult {
        try CommandRunner.lockstep(
            ranks: ranks, ["train", file, "--run-dir", run, "--timeout", String(timeout)] + extra,
            timeout: 120)
    }

    /// What the ranks left behind, as `lockstep report --json` tells it.
    private struct Report: Decodable {
        struct Rank: Decodable {
            var rank: Int
            var host: String?
            var process: Int?
            var step: Int?
            var phase: String?
            var seconds: Double?
        }
        var kind: String
        var culprits: [Rank]
    }

    private func report(_ run: String) throws -> (report: Report, text: String) {
        let json = try CommandRunner.run(CommandRunner.command, ["report", run, "--json"])
        let text = try CommandRunner.run(CommandRunner.command, ["report", run])
        #expect(json.status == 0 && text.status == 0, "\(json.tail)\n\(text.tail)")
        return (try JSONDecoder().decode(Report.self, from: Data(json.output.utf8)), text.output)
    }

    /// The run that nothing happened to.
    private static let whole = Result {
        let directory = try TemporaryDirectory()
        let file = try directory.write("run.yaml", runFile)
        let run = directory.path("whole")
        let result = try CommandRunner.lockstep(ranks: 2, ["train", file, "--run-dir", run], timeout: 120)
        #expect(result.status == 0, "\(result.tail)")
        return try RunResults(run)
    }

    private static let runFile = RunFiles.text(
        model: RunFiles.mlp, data: .fashion, batch: 250, shards: 4, steps: 100, checkpointEvery: 30)

    /// Resumes, and compares with a run that nothing happened to.
    private func expectTheSameBitsAfterResume(_ run: String, location: SourceLocation = #_sourceLocation)
        throws
    {
        let resumed = try train(run, ["--resume"], ranks: 2)
        #expect(resumed.status == 0, "\(resumed.tail)", sourceLocation: location)
        let difference = try RunResults(run).difference(from: Self.whole.get())
        #expect(difference == nil, sourceLocation: location)
    }

    private func expectNobodyLeft(
        _ run: String, _ program: String = "/lockstep", location: SourceLocation = #_sourceLocation
    ) {
        let left = RankKiller.processes(run, program)
        #expect(left.isEmpty, sourceLocation: location)
        for process in left { kill(process, SIGKILL) }
    }

    @Test(arguments: CommandRunner.runsAll ? [SIGKILL, SIGSEGV, SIGABRT] : [SIGKILL]) func aRankThatDies(
        _ signal: Int32
    ) throws {
        let run = directory.path("run")
        let killer = RankKiller(run: run, step: 45, signal: signal)
        let result = try train(run)
        let end = Date()
        #expect(killer.finish(), "no rank was hit: \(result.tail)")
        let hit = try #require(killer.hit)
        #expect(result.status != 0 && result.status != 2 && !result.timedOut, "\(result.tail)")
        #expect(end.timeIntervalSince(hit.time) < 10, "gone after \(end.timeIntervalSince(hit.time)) s")
        expectNobodyLeft(run)
        let (report, text) = try report(run)
        #expect(report.culprits.map(\.process) == [Int(hit.process)], "\(text)")
        #expect(report.kind == "ended" && text.contains("process \(hit.process): step "), "\(text)")
        #expect(text.contains(signal == SIGKILL ? "killed" : "signal \(signal)"), "\(text)")
        try expectTheSameBitsAfterResume(run)
    }

    @Test func aRankThatIsStopped() throws {
        let run = directory.path("run")
        let killer = RankKiller(run: run, step: 45, signal: SIGSTOP)
        let result = try train(run)
        let end = Date()
        #expect(killer.finish(), "no rank was hit: \(result.tail)")
        let hit = try #require(killer.hit)
        #expect(result.status == 75 && !result.timedOut, "\(result.status): \(result.tail)")
        #expect(
            end.timeIntervalSince(hit.time) < timeout + 10, "gone after \(end.timeIntervalSince(hit.time)) s")
        expectNobodyLeft(run)
        let (report, text) = try report(run)
        #expect(report.kind == "hung" && report.culprits.map(\.process) == [Int(hit.process)], "\(text)")
        #expect((report.culprits.first?.seconds ?? 99) < timeout + 2, "\(text)")
        #expect(result.output.components(separatedBy: "did not move").count == 2, "\(result.output)")
        #expect(result.output.contains(", process \(hit.process): step "), "\(result.output)")
        let log = try String(contentsOfFile: run + "/train.log", encoding: .utf8)
        #expect(log.contains("did not move"), "\(log.suffix(2000))")
        try expectTheSameBitsAfterResume(run)
    }

    @Test(
        arguments: CommandRunner.runsAll ? [("loader", "load"), ("compute", "idle")] : [("loader", "load")])
    func aRankThatHangs(
        _ fault: String, _ phase: String
    ) throws {
        let run = directory.path("run")
        let program = CommandRunner.productsDirectory.appendingPathComponent("FaultProbe").path
        let result = try CommandRunner.run(
            CommandRunner.launcher,
            ["-n", "3", program, file, run, fault, "1", "50", String(timeout)], timeout: 120)
        #expect(result.status == 75 && !result.timedOut, "\(result.status): \(result.tail)")
        expectNobodyLeft(run, "/FaultProbe")
        let (report, text) = try report(run)
        #expect(report.kind == "hung" && report.culprits.map(\.rank) == [1], "\(text)")
        #expect(report.culprits.first?.step == 51 && report.culprits.first?.phase == phase, "\(text)")
        #expect(result.output.components(separatedBy: "did not move").count == 2, "\(result.output)")
        try expectTheSameBitsAfterResume(run)
    }

    @Test func aRankThatDoesNotLeave() throws {
        let run = directory.path("run")
        let program = CommandRunner.productsDirectory.appendingPathComponent("FaultProbe").path
        let result = try CommandRunner.run(
            CommandRunner.launcher, ["-n", "3", program, file, run, "end", "1", "0", "3"], timeout: 60)
        #expect(result.status == 75 && !result.timedOut, "\(result.status): \(result.tail)")
        #expect(
            result.output.contains("has done its work, and has waited 3.0 s for others to end"),
            "\(result.tail)")
        expectNobodyLeft(run, "/FaultProbe")
        try expectTheSameBitsAfterResume(run)
    }

    @Test func dataThatNeverCome() throws {
        let program = try directory.write("endless", "#!/bin/bash\necho -n 'Ge1:1 '; exec sleep 100\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        let text = RunFiles.text(model: RunFiles.gpt, data: .text, batch: 8, shards: 4, steps: 10)
            .replacingOccurrences(of: "{king_james: {", with: "{king_james: {program: \(program), ")
        let result = try CommandRunner.lockstep(
            ranks: 2,
            [
                "train", try directory.write("text.yaml", text), "--run-dir", directory.path("run"),
                "--timeout", "4",
            ],
            timeout: 60)
        #expect(result.status == 75 && !result.timedOut, "\(result.status): \(result.tail)")
        let (report, words) = try report(directory.path("run"))
        #expect(report.kind == "hung" && report.culprits.count == 1, "\(words)")
        #expect(report.culprits.first?.phase == "prepare", "\(words)")
    }

    @Test func aGoodEndIsNoFault() throws {
        let run = directory.path("run")
        #expect(try train(run).status == 0)
        #expect(try report(run).report.kind == "none")
        let none = try CommandRunner.run(CommandRunner.command, ["report", directory.path("nothing")])
        #expect(none.status == 1 && none.output.contains("nothing/heartbeats"), "\(none.output)")
    }

    @Test func mistakesAreNotWorthAnotherStart() throws {
        for arguments in [
            ["train", file, "--set", "batch=-1"], ["train", file, "--timeout", "-3"], ["train"],
            ["train", directory.path("none.yaml")],
            ["train", file, "--set", "data.fashion_mnist.directory=/nowhere"],
        ] {
            let result = try CommandRunner.lockstep(
                ranks: 2, arguments, directory: directory.url, timeout: 60)
            #expect(result.status == 2, "\(arguments): \(result.status): \(result.tail)")
        }
        // A run that never began leaves nothing that --resume could take for one.
        let runs = try? FileManager.default.contentsOfDirectory(atPath: directory.path("runs"))
        #expect((runs ?? []).isEmpty, "\(runs ?? [])")
        let variable = try CommandRunner.lockstep(
            ranks: 2, ["train", file, "--run-dir", directory.path("run")],
            environment: ["LOCKSTEP_TIMEOUT": "soon"], timeout: 60)
        #expect(variable.status == 2 && variable.output.contains("LOCKSTEP_TIMEOUT"), "\(variable.tail)")
    }
}
