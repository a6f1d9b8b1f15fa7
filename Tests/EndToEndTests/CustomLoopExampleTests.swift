import Foundation
import Testing

/// The example of a training loop of one's own: it is as safe as a run of the trainer.
@Suite(.serialized) struct CustomLoopExampleTests {
    private let program = CommandRunner.productsDirectory.appendingPathComponent("CustomLoop").path

    private func run(
        ranks: Int, _ directory: String, steps: Int, _ extra: [String] = [], timeout: String = "60"
    ) throws -> CommandResult {
        let arguments = [directory, "--steps", String(steps)] + extra
        let environment = ["LOCKSTEP_TIMEOUT": timeout]
        return ranks == 1
            ? try CommandRunner.run(program, arguments, environment: environment)
            : try CommandRunner.run(
                CommandRunner.launcher, ["-n", String(ranks), program] + arguments, environment: environment)
    }

    @Test func sameBitsOnAnyNumberOfRanksAndAfterAResume() throws {
        let directory = try TemporaryDirectory()
        for ranks in 1...3 {
            let result = try run(ranks: ranks, directory.path("\(ranks)"), steps: 120)
            #expect(result.status == 0, "\(result.tail)")
        }
        #expect(try run(ranks: 3, directory.path("stopped"), steps: 70).status == 0)
        let resumed = try run(ranks: 2, directory.path("stopped"), steps: 120, ["--resume"])
        #expect(resumed.status == 0, "\(resumed.tail)")
        let expected = try RunResults(directory.path("1"))
        for name in ["2", "3", "stopped"] {
            #expect(try RunResults(directory.path(name)).difference(from: expected) == nil, "\(name)")
        }
    }

    /// A rank is killed at any moment: the newest complete checkpoint leads to the same bits.
    @Test func resumesAfterAKill() throws {
        let directory = try TemporaryDirectory()
        let killer = RankKiller(run: directory.path("cut"), step: 400, program: "/CustomLoop")
        let killed = try run(ranks: 2, directory.path("cut"), steps: 10_000_000)
        #expect(killer.finish() && killed.status != 0 && !killed.timedOut, "\(killed.tail)")
        let latest = try FileManager.default.destinationOfSymbolicLink(
            atPath: directory.path("cut/checkpoints/latest"))
        let step = try #require(Int(latest.split(separator: "-").last ?? ""))
        let steps = step + 25
        #expect(step >= 300)
        let resumed = try run(ranks: 3, directory.path("cut"), steps: steps, ["--resume"])
        #expect(resumed.status == 0, "\(resumed.tail)")
        #expect(try run(ranks: 1, directory.path("whole"), steps: steps).status == 0)
        // The loop logs every tenth step, and the last one of a run: the killed run may have logged others.
        let (cut, whole) = (try RunResults(directory.path("cut")), try RunResults(directory.path("whole")))
        #expect(cut.model == whole.model && cut.optimizer == whole.optimizer)
    }

    @Test func aSignalEndsAllRanksWithACheckpoint() throws {
        let directory = try TemporaryDirectory()
        let sender = RankKiller(
            run: directory.path("run"), step: 60, signal: SIGTERM, program: "/scripts/launch")
        let stopped = try run(ranks: 3, directory.path("run"), steps: 10_000_000)
        #expect(sender.finish() && stopped.status == 0, "\(stopped.tail)")
        let last = RankKiller.lastStep(directory.path("run"))
        let latest = try FileManager.default.destinationOfSymbolicLink(
            atPath: directory.path("run/checkpoints/latest"))
        #expect((Int(latest.split(separator: "-").last ?? "") ?? 0) >= last)
    }

    /// The run directory says which rank hung and where.
    @Test func aRankThatHangsIsReported() throws {
        let directory = try TemporaryDirectory()
        let stopper = RankKiller(
            run: directory.path("run"), step: 60, signal: SIGSTOP, program: "/CustomLoop")
        let result = try run(ranks: 3, directory.path("run"), steps: 10_000_000, timeout: "2")
        #expect(
            stopper.finish() && result.status == 75 && !result.timedOut, "\(result.status): \(result.tail)")
        #expect(result.output.contains("made no progress for"), "\(result.tail)")
        let report = try CommandRunner.lockstep(ranks: 1, ["report", directory.path("run")])
        #expect(report.output.contains("made no progress for"), "\(report.tail)")
    }

    @Test func mistakes() throws {
        let directory = try TemporaryDirectory()
        let usage = try CommandRunner.run(program, ["--resume"])
        #expect(usage.status != 0 && usage.errors("usage: CustomLoop RUN-DIRECTORY") == 1, "\(usage.tail)")
        // Where there is no checkpoint yet, a resume begins.
        #expect(try run(ranks: 2, directory.path("run"), steps: 10, ["--resume"]).status == 0)
        let again = try run(ranks: 1, directory.path("run"), steps: 10)
        #expect(again.status != 0 && again.errors("--resume") == 1, "\(again.tail)")
        let other = try run(ranks: 7, directory.path("other"), steps: 10)
        #expect(other.status != 0 && other.errors("7 ranks") >= 1, "\(other.tail)")
    }
}
