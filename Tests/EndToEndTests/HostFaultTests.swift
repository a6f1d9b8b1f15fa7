import Foundation
import Testing

/// Faults of a run on several hosts: all ranks end in time, a report says where, the launcher starts again,
/// on the hosts that are left, and the result has the bits of the undisturbed run.
@Suite(.serialized, .enabled(if: Testbed.unavailable == nil, Comment(rawValue: Testbed.unavailable ?? "")))
struct HostFaultTests {
    private let directory: TemporaryDirectory
    private let bed: Testbed
    private let file: String
    private let run: String
    /// The time-out of the ranks: short for a test.
    private let timeout = 5.0
    /// What a busy machine may add to every time.
    private let slack = 6.0

    init() throws {
        directory = try TemporaryDirectory()
        file = try directory.write("run.yaml", UndisturbedRun.file(checkpointEvery: 15))
        bed = try Testbed("--hosts", "2", "--slots", "2")
        run = directory.path("run")
    }

    /// Trains on both hosts while disturbing them, and compares the result with the undisturbed run.
    /// - Parameters:
    ///   - within: the time within which all ranks must have ended, in seconds.
    ///   - restarts: the ranks of the restart, and their hosts.
    private func train(
        within seconds: Double, restart: String, _ options: [String] = [], on slow: Testbed? = nil,
        ranks: Int = 4, hosts: String = "h1:2,h2:2",
        afterwards: @escaping @Sendable () throws -> Void = {},
        fault: @escaping @Sendable ([pid_t]) throws -> Void
    ) throws -> String {
        let injector = FaultInjector(run: run, step: 40, afterwards: afterwards, fault: fault)
        let result = try (slow ?? bed).launch(
            ["-n", String(ranks), "-H", hosts, "--max-restarts", "3", "--timeout", String(timeout)] + options
                + ["train", file, "--run-dir", run],
            environment: ["LOCKSTEP_LINGER": "2", "LOCKSTEP_CONNECT_TIMEOUT": "3"], timeout: 150)
        let outcome = try injector.finish()
        #expect(result.status == 0 && !result.timedOut, "\(result.status): \(result.tail)")
        let seen = try #require(outcome, "the fault never came: \(result.tail)")
        #expect(seen.ranks.count == ranks)
        #expect(seen.seconds < seconds + slack, "the ranks were gone after \(seen.seconds) s")
        #expect(
            result.output.contains("launch: restart 1 of 3, from the newest checkpoint"), "\(result.output)")
        #expect(result.output.contains("with \(restart)."), "\(result.output)")
        #expect(try UndisturbedRun.difference(from: run) == nil)
        return result.output
    }

    /// One report, which begins with these words and says where each of these ranks was and for how long.
    private func expectReport(
        _ output: String, _ summary: String, of ranks: [String], location: SourceLocation = #_sourceLocation
    ) throws {
        #expect(
            output.components(separatedBy: summary).count == 2, "not one '\(summary)': \(output)",
            sourceLocation: location)
        for rank in ranks {
            // A culprit, or one of the others.
            let line = output.split(separator: "\n").first {
                $0.contains("  \(rank), process ") || $0.contains("    \(rank): step ")
            }
            let place =
                #/: step \d+, phase \w+(?: \(waiting for other ranks\))?, bucket \w+, last heartbeat [\d.]+ s ago/#
            #expect(
                line?.firstMatch(of: place) != nil,
                "no line of \(rank): \(output)", sourceLocation: location)
        }
    }

    @Test(arguments: CommandRunner.runsAll ? [SIGKILL, SIGSEGV, SIGBUS, SIGABRT] : [SIGKILL])
    func aRankDies(_ signal: Int32) throws {
        let output = try train(within: 2, restart: "4 rank(s) on h1:2,h2:2") { ranks in kill(ranks[3], signal)
        }
        try expectReport(output, "rank 3 on h2 ended", of: ["rank 3 on h2"])
    }

    /// No process on its host can notice: the previous rank on the other host does.
    @Test(arguments: CommandRunner.runsAll ? [(0, SIGKILL), (1, SIGKILL), (0, SIGSEGV)] : [(0, SIGKILL)])
    func aRankThatIsAloneOnItsHostDies(_ rank: Int, _ signal: Int32) throws {
        let output = try train(within: 2, restart: "2 rank(s) on h1:1,h2:1", ranks: 2, hosts: "h1:1,h2:1") {
            kill($0[rank], signal)
        }
        // Where MPI has ended the other rank before its watchdog came to it, that one left no message, too.
        let summary = try Regex(
            "rank \(rank) on h\(rank + 1)( \\(and all other ranks\\))? ended (without an error message|by a signal)\\.\n"
        )
        #expect(output.matches(of: summary).count == 1, "\(output)")
        let name = "rank \(rank) on h\(rank + 1)"
        try expectReport(output, "  \(name), process ", of: [name])
    }

    /// On a slow network, where ranks spend most of a step waiting for parameters.
    @Test(.enabled(if: CommandRunner.runsAll, "scripts/test --all runs it"), arguments: [SIGKILL, SIGSTOP])
    func aRankIsGoneWhileParametersTravel(_ signal: Int32) throws {
        let slow = try Testbed("--hosts", "2", "--slots", "2", "--rate", "200mbit", "--subnet", "10.231.8")
        let output = try train(
            within: signal == SIGSTOP ? timeout + 2 : 2, restart: "4 rank(s) on h1:2,h2:2", on: slow
        ) { kill($0[3], signal) }
        try expectReport(
            output, "rank 3 on h2 " + (signal == SIGSTOP ? "made no progress" : "ended"), of: ["rank 3 on h2"]
        )
    }

    @Test(.enabled(if: CommandRunner.runsAll, "scripts/test --all runs it"))
    func aRankIsStopped() throws {
        let output = try train(within: timeout + 2, restart: "4 rank(s) on h1:2,h2:2") {
            kill($0[3], SIGSTOP)
        }
        try expectReport(output, "rank 3 on h2 made no progress", of: ["rank 3 on h2"])
    }

    @Test(.enabled(if: CommandRunner.runsAll, "scripts/test --all runs it"))
    func theProcessesOfAHostAreGone() throws {
        let output = try train(within: timeout + 5, restart: "4 rank(s) on h1:2,h2:2") { [bed] _ in
            _ = try bed.run(["kill", "h2"])
        }
        try expectReport(output, "rank 2 on h2, rank 3 on h2", of: ["rank 2 on h2", "rank 3 on h2"])
    }

    /// The network of a host, also of the launcher's own, is cut in the middle of a step.
    @Test(
        .enabled(if: CommandRunner.runsAll, "scripts/test --all runs it"),
        arguments: [("h2", "h1"), ("h1", "h1")])
    func aHostVanishes(_ lost: String, _ left: String) throws {
        let output = try train(
            within: timeout + 5, restart: "2 rank(s) on \(left):2", ["--min-ranks", "2"]
        ) { [bed] _ in
            _ = try bed.run(["cut", lost])
        }
        try expectReport(output, "No rank made progress for", of: ["rank 0 on h1", "rank 3 on h2"])
        #expect(output.contains(#/the network between (h1 and h2|h2 and h1) is probably cut/#), "\(output)")
        #expect(output.contains("host h2 cannot be reached"), "\(output)")
    }

    /// No process on the launcher's host can notice or report it, and output of the other host's ranks does
    /// not arrive.
    @Test(.enabled(if: CommandRunner.runsAll, "scripts/test --all runs it"))
    func aHostVanishesWhileAllRanksOfTheOtherHang() throws {
        // The launcher ends mpirun and with it the ranks that are stopped: after the two seconds that ranks
        // take to leave, its own two, and a look a second.
        let output = try train(
            within: timeout + 7, restart: "2 rank(s) on h1:2", ["--min-ranks", "2"]
        ) { [bed] ranks in
            for rank in ranks[..<2] { kill(rank, SIGSTOP) }
            _ = try bed.run(["cut", "h2"])
        }
        try expectReport(output, "made no progress for", of: ["rank 0 on h1", "rank 3 on h2"])
        #expect(output.contains("the ranks have reported a fault, and mpirun is still there"), "\(output)")
    }

    /// With them their watchdogs are stopped: only the launcher is left to notice.
    @Test(.enabled(if: CommandRunner.runsAll, "scripts/test --all runs it"))
    func allRanksAreStopped() throws {
        let output = try train(within: timeout + 7, restart: "4 rank(s) on h1:2,h2:2") { ranks in
            for rank in ranks { kill(rank, SIGSTOP) }
        }
        #expect(
            output.contains(/launch: no rank has made progress for \d+ seconds, and mpirun is still there/),
            "\(output)")
        #expect(
            output.contains(#/rank 0 on h1.*: step \d+, phase \w+, bucket \w+, last heartbeat [\d.]+ s ago/#),
            "\(output)")
        #expect(
            output.contains(#/rank 3 on h2.*: step \d+, phase \w+, bucket \w+, last heartbeat [\d.]+ s ago/#),
            "\(output)")
    }

    @Test(.enabled(if: CommandRunner.runsAll, "scripts/test --all runs it"))
    func aHostThatVanishedComesBack() throws {
        let output = try train(within: timeout + 5, restart: "4 rank(s) on h1:2,h2:2") { [bed] in
            _ = try bed.run(["mend", "h2"])
        } fault: { [bed] _ in
            _ = try bed.run(["cut", "h2"])
        }
        try expectReport(output, "No rank made progress for", of: ["rank 0 on h1", "rank 3 on h2"])
    }

    /// A network that is away for less than the time-out is no fault.
    @Test(.enabled(if: CommandRunner.runsAll, "scripts/test --all runs it"))
    func aShortCutIsNoFault() throws {
        let injector = FaultInjector(run: run, step: 40) { [bed] _ in
            _ = try bed.run(["cut", "h2"])
            usleep(1_000_000)
            _ = try bed.run(["mend", "h2"])
        }
        let result = try bed.launch(
            ["-n", "4", "-H", "h1:2,h2:2", "--timeout", "60", "train", file, "--run-dir", run], timeout: 150)
        #expect(try injector.finish() != nil && result.status == 0, "\(result.tail)")
        #expect(try UndisturbedRun.difference(from: run) == nil)
    }

    /// Trains by `FaultProbe`, with a fault on rank 3, which is on h2.
    private func probe(_ fault: String) throws -> CommandResult {
        let program = CommandRunner.productsDirectory.appendingPathComponent("FaultProbe").path
        let result = try bed.launch(
            ["-n", "4", "-H", "h1:2,h2:2", "--max-restarts", "1"]
                + [program, file, run, fault, "3", "40", String(timeout)],
            environment: ["LOCKSTEP_LINGER": "2"], timeout: 150)
        #expect(result.status == 0 && !result.timedOut, "\(result.status): \(result.tail)")
        #expect(try UndisturbedRun.difference(from: run) == nil)
        return result
    }

    @Test(.enabled(if: CommandRunner.runsAll, "scripts/test --all runs it"))
    func aLoaderThatNeverEnds() throws {
        let output = try probe("loader").output
        try expectReport(output, "rank 3 on h2 made no progress", of: ["rank 3 on h2"])
        #expect(output.contains(": step 41, phase load, "), "\(output)")
        #expect(output.contains("launch: restart 1 of 1"), "\(output)")
    }

    @Test(.enabled(if: CommandRunner.runsAll, "scripts/test --all runs it"))
    func aStragglerIsNamed() throws {
        let result = try probe("slow")
        #expect(!result.output.contains("launch: restart"), "\(result.output)")
        let warning = #/rank 3 on h2 is slower than the others: .*; phase compute; all other ranks wait/#
        #expect(result.output.contains(warning), "\(result.output)")
        let summary = try String(contentsOfFile: run + "/summary.json", encoding: .utf8)
        #expect(summary.contains(#/"straggler": \{[^}]*"rank": 3,/#), "\(summary)")
    }

    /// The newest checkpoint is damaged after a run has stopped.
    @Test(.enabled(if: CommandRunner.runsAll, "scripts/test --all runs it"))
    func aCheckpointIsDamagedBetweenRuns() throws {
        let arguments = ["-n", "4", "-H", "h1:2,h2:2", "train", file, "--run-dir", run]
        let first = try bed.launch(arguments + ["--stop-after-step", "50"])
        #expect(first.status == 0, "\(first.tail)")
        let model = URL(fileURLWithPath: run + "/checkpoints/latest/model.safetensors")
            .resolvingSymlinksInPath()
        #expect(model.path.contains("step-00000050"), "\(model.path)")
        let handle = try FileHandle(forUpdating: model)
        let middle = try handle.seekToEnd() / 2
        try handle.seek(toOffset: middle)
        let byte = try #require(try handle.read(upToCount: 1)?.first)
        try handle.seek(toOffset: middle)
        try handle.write(contentsOf: Data([byte ^ 0x10]))
        try handle.close()
        let second = try bed.launch(arguments + ["--resume"])
        #expect(second.status == 0, "\(second.tail)")
        #expect(
            second.output.contains("step-00000050 is not used: ")
                && second.output.contains("Resuming \(run) after step 45."), "\(second.output)")
        #expect(try UndisturbedRun.difference(from: run) == nil)
    }

    /// A rank that gets the processor every second moment only.
    @Test(.enabled(if: CommandRunner.runsAll, "scripts/test --all runs it"))
    func aSlowRankIsNoFault() throws {
        let injector = FaultInjector(run: run, step: 20) { ranks in
            while kill(ranks[3], SIGSTOP) == 0 {
                usleep(40_000)
                kill(ranks[3], SIGCONT)
                usleep(10_000)
            }
        }
        let result = try bed.launch(
            [
                "-n", "4", "-H", "h1:2,h2:2", "--timeout", String(timeout), "train", file, "--run-dir", run,
            ], timeout: 150)
        #expect(try injector.finish() != nil && result.status == 0, "\(result.tail)")
        #expect(try UndisturbedRun.difference(from: run) == nil)
    }
}
