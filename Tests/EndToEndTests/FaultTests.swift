import Foundation
import LockstepRunLog
import LockstepTensors
import Testing

/// Faults of a running job: every rank ends in time, one report names the rank, and `--resume` gives the bits
/// of the run that was not disturbed.
@Suite(.serialized) struct FaultTests {
    private let directory: TemporaryDirectory
    private let file: String
    /// Long enough for a busy machine, short enough for a test.
    private let timeout = 4.0
    /// What a busy machine may add to a time that is measured from outside.
    private let slack = 4.0

    init() throws {
        directory = try TemporaryDirectory()
        file = try directory.write("run.yaml", UndisturbedRun.file())
    }

    private func train(_ run: String, _ extra: [String] = [], ranks: Int = 3) throws -> CommandResult {
        try CommandRunner.lockstep(
            ranks: ranks, ["train", file, "--run-dir", run, "--timeout", String(timeout)] + extra,
            timeout: 120)
    }

    /// A truncated heartbeat file has no page behind the address that the rank writes to: the rank continues.
    @Test(arguments: [0, 100]) func truncatedHeartbeats(_ size: Int) throws {
        let run = directory.path("run")
        let injector = FaultInjector(run: run, step: 2) { _ in
            for rank in 0..<2 { truncate("\(run)/heartbeats/rank-0000\(rank)", off_t(size)) }
        }
        let result = try train(run, ranks: 2)
        _ = try injector.finish()
        #expect(result.status == 0, "\(result.output)")
        #expect(try UndisturbedRun.difference(from: run) == nil)
        // What they hold afterwards can be read, or is passed over.
        let report = try CommandRunner.run(CommandRunner.command, ["report", run])
        #expect(report.status == 0, "\(report.output)")
        #expect(report.output.contains("No rank failed") == (size == 0), "\(report.output)")
    }

    /// The remains of the ranks, from `lockstep report --json`.
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

    /// Resumes, and compares with an undisturbed run.
    private func expectTheSameBitsAfterResume(_ run: String, location: SourceLocation = #_sourceLocation)
        throws
    {
        let resumed = try train(run, ["--resume"], ranks: 2)
        #expect(resumed.status == 0, "\(resumed.tail)", sourceLocation: location)
        let difference = try UndisturbedRun.difference(from: run)
        #expect(difference == nil, sourceLocation: location)
    }

    /// Expects that no rank is left, nor anything that a rank has started.
    private func expectNoProcessLeft(
        _ run: String, _ program: String = "/lockstep", groups: Set<pid_t> = [],
        location: SourceLocation = #_sourceLocation
    ) {
        let left = RankKiller.processes(run, program)
        #expect(left.isEmpty, sourceLocation: location)
        let started = RankKiller.members(ofGroups: groups)
        #expect(started.isEmpty, "\(started)", sourceLocation: location)
        for process in left + started.map(\.process) { kill(process, SIGKILL) }
    }

    @Test(
        arguments: CommandRunner.runsAll ? [SIGKILL, SIGSEGV, SIGABRT, SIGILL, SIGTERM] : [SIGKILL, SIGSEGV])
    func aRankThatDies(
        _ signal: Int32
    ) throws {
        let run = directory.path("run")
        let injector = FaultInjector(run: run, step: 45) { ranks in
            if let last = ranks.last { kill(last, signal) }
        }
        let result = try train(run)
        let outcome = try #require(try injector.finish(), "no rank was hit: \(result.tail)")
        // mpirun notices at once, and takes two seconds to end the others.
        #expect(outcome.seconds < 2 + slack, "gone after \(outcome.seconds) s")
        expectNoProcessLeft(run, groups: outcome.groups)
        if signal == SIGTERM {
            // A rank that is asked to stop takes the others along to a checkpoint.
            #expect(result.status == 0, "\(result.status): \(result.tail)")
            return try expectTheSameBitsAfterResume(run)
        }
        #expect(result.status != 0 && result.status != 2 && !result.timedOut, "\(result.tail)")
        let (report, text) = try report(run)
        let process = outcome.ranks.last.map(Int.init)
        #expect(report.culprits.map(\.process) == [process], "\(text)")
        #expect(report.kind == "ended" && text.contains("process \(process ?? 0): step "), "\(text)")
        #expect(text.contains(signal == SIGKILL ? "killed" : "signal \(signal)"), "\(text)")
        // The next rank has noticed, before mpirun ends the others.
        #expect(FileManager.default.fileExists(atPath: run + "/heartbeats/fault.json"), "\(text)")
        #expect(
            result.output.matches(of: #/ ended (without an error message|by a signal)\.\n/#).count == 1,
            "\(result.output)")
        try expectTheSameBitsAfterResume(run)
    }

    @Test func aRankThatIsStopped() throws {
        let run = directory.path("run")
        let injector = FaultInjector(run: run, step: 45) { ranks in
            if let last = ranks.last { kill(last, SIGSTOP) }
        }
        let result = try train(run)
        let outcome = try #require(try injector.finish(), "no rank was hit: \(result.tail)")
        #expect(result.status == 75 && !result.timedOut, "\(result.status): \(result.tail)")
        #expect(outcome.seconds < timeout + 2 + slack, "gone after \(outcome.seconds) s")
        expectNoProcessLeft(run, groups: outcome.groups)
        let (report, text) = try report(run)
        let process = outcome.ranks.last.map(Int.init)
        #expect(report.kind == "hung" && report.culprits.map(\.process) == [process], "\(text)")
        expectInTime(report, text)
        #expect(result.output.components(separatedBy: "made no progress").count == 2, "\(result.output)")
        #expect(result.output.contains(", process \(process ?? 0): step "), "\(result.output)")
        let log = try String(contentsOfFile: run + "/train.log", encoding: .utf8)
        #expect(log.contains("made no progress"), "\(log.suffix(2000))")
        try expectTheSameBitsAfterResume(run)
    }

    /// A machine that sleeps, or is stopped, for longer than the time-out: no rank is blamed for that time.
    @Test func allRanksAreStoppedForAWhile() throws {
        let run = directory.path("run")
        let pause = timeout + 1
        let injector = FaultInjector(run: run, step: 45) { ranks in
            for rank in ranks { kill(rank, SIGSTOP) }
            usleep(UInt32(pause * 1e6))
            for rank in ranks { kill(rank, SIGCONT) }
        }
        let result = try train(run)
        _ = try #require(try injector.finish(), "no rank was hit: \(result.tail)")
        #expect(result.status == 0, "\(result.status): \(result.tail)")
        #expect(try UndisturbedRun.difference(from: run) == nil)
    }

    /// The report itself says how long the rank had made no progress when it was found out.
    private func expectInTime(_ report: Report, _ text: String, location: SourceLocation = #_sourceLocation) {
        let seconds = report.culprits.first?.seconds ?? .infinity
        #expect(seconds >= timeout * 0.9 && seconds < timeout + 2, "\(text)", sourceLocation: location)
    }

    @Test(arguments: [("loader", "load"), ("compute", "idle")]) func aRankThatHangs(
        _ fault: String, _ phase: String
    ) throws {
        let run = directory.path("run")
        let result = try probe(run, fault, step: 50)
        #expect(result.status == 75 && !result.timedOut, "\(result.status): \(result.tail)")
        expectNoProcessLeft(run, "/FaultProbe")
        let (report, text) = try report(run)
        #expect(report.kind == "hung" && report.culprits.map(\.rank) == [1], "\(text)")
        #expect(report.culprits.first?.step == 51 && report.culprits.first?.phase == phase, "\(text)")
        expectInTime(report, text)
        #expect(result.output.components(separatedBy: "made no progress").count == 2, "\(result.output)")
        try expectTheSameBitsAfterResume(run)
    }

    /// Runs `FaultProbe` with a fault on rank 1 of 3.
    private func probe(_ run: String, _ fault: String, step: Int, _ options: [String] = []) throws
        -> CommandResult
    {
        let program = CommandRunner.productsDirectory.appendingPathComponent("FaultProbe").path
        return try CommandRunner.run(
            CommandRunner.launcher,
            ["-n", "3"] + options + [program, file, run, fault, "1", String(step), String(timeout)],
            timeout: 120)
    }

    @Test func aContractThatIsBroken() throws {
        let run = directory.path("run")
        let result = try probe(run, "contract", step: 50)
        #expect(result.status == 1 && !result.timedOut, "\(result.status): \(result.tail)")
        expectNoProcessLeft(run, "/FaultProbe")
        let message = "Tensor: 2 values for shape [3]"
        #expect(
            result.output.contains(#/lockstep: rank 1 on \S+: Tensor: 2 values for shape \[3\]/#),
            "\(result.output)")
        let (report, text) = try report(run)
        #expect(report.kind == "ended" && report.culprits.map(\.rank) == [1], "\(text)")
        #expect(text.contains(message) && text.contains("ended with status 1"), "\(text)")
    }

    @Test func communicationThatFails() throws {
        let run = directory.path("run")
        let result = try probe(run, "message", step: 50)
        #expect(result.status == 75 && !result.timedOut, "\(result.status): \(result.tail)")
        expectNoProcessLeft(run, "/FaultProbe")
        #expect(
            result.output.components(separatedBy: "Rank 1 cannot reach other ranks").count == 2,
            "\(result.output)")
        #expect(result.output.contains("MPI_Ibcast failed"), "\(result.output)")
        let (report, text) = try report(run)
        #expect(report.kind == "communication" && text.contains("step 51, phase "), "\(text)")
    }

    @Test func communicationThatFailsIsWorthAnotherStart() throws {
        let run = directory.path("run")
        let result = try probe(run, "message", step: 50, ["--max-restarts", "1"])
        #expect(result.status == 0, "\(result.status): \(result.tail)")
        #expect(result.output.contains("launch: restart 1 of 1"), "\(result.output)")
        #expect(result.output.contains("Resuming \(run) after step 30"), "\(result.output)")
        #expect(try UndisturbedRun.difference(from: run) == nil)
    }

    @Test func aRankThatIsSlow() throws {
        let run = directory.path("run")
        let result = try probe(run, "slow", step: 50)
        #expect(result.status == 0, "\(result.status): \(result.tail)")
        #expect(try UndisturbedRun.difference(from: run) == nil)
        let warnings = result.output.components(separatedBy: "rank 1 on ").count - 1
        #expect(
            warnings >= 1 && result.output.contains("; phase compute; all other ranks wait"), "\(result.tail)"
        )
        let lines = try String(contentsOfFile: run + "/metrics.jsonl", encoding: .utf8).split(separator: "\n")
        var slowest = 0
        for line in lines.map(String.init) where line.contains("gradient_norm") {
            let step = try #require(RunResults.field("step", of: line).flatMap { Int($0) })
            let minimum = RunResults.field("rank_seconds_minimum", of: line).flatMap { Double($0) }
            let median = RunResults.field("rank_seconds_median", of: line).flatMap { Double($0) }
            let maximum = RunResults.field("rank_seconds_maximum", of: line).flatMap { Double($0) }
            let (low, middle, high) = try (#require(minimum), #require(median), #require(maximum))
            #expect(low > 0 && low <= middle && middle <= high && (step <= 50 || high >= 0.05), "\(line)")
            if step > 50, RunResults.field("slowest_rank", of: line) == "1" { slowest += 1 }
        }
        #expect(slowest > 45, "rank 1 was the slowest in \(slowest) of the last 50 steps")
        struct Summary: Decodable {
            struct Straggler: Decodable {
                var rank: Int
                var host: String
                var phase: String
                var shardSeconds: Double
                var shardSecondsOfOthers: Double
            }
            var slowestRank: Int
            var straggler: Straggler?
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let summary = try decoder.decode(
            Summary.self, from: Data(contentsOf: URL(fileURLWithPath: run + "/summary.json")))
        #expect(summary.slowestRank == 1 && summary.straggler?.rank == 1, "\(summary)")
        #expect(summary.straggler?.phase == "compute" && summary.straggler?.host.isEmpty == false)
        #expect((summary.straggler?.shardSeconds ?? 0) >= 0.025, "\(summary)")
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
        expectNoProcessLeft(run, "/FaultProbe")
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
        #expect(none.status == 2 && none.output.contains("nothing/heartbeats"), "\(none.output)")
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
