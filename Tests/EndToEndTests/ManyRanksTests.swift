import Foundation
import Testing

/// 256 ranks on the processors of this machine, however few: a run, a fault, and a resume on another number of ranks.
@Suite(.serialized, .enabled(if: CommandRunner.runsAll, "takes minutes on few cores: scripts/test --all"))
struct ManyRanksTests {
    private static let ranks = 256
    /// Hundreds of processes on two cores take a minute to start.
    private static let timeout = 900.0

    private let directory: TemporaryDirectory
    private let file: String

    init() throws {
        directory = try TemporaryDirectory()
        file = try directory.write(
            "run.yaml",
            """
            model: {mlp: {hidden: [16]}}
            data: {synthetic: {samples: 4096, shape: [8], classes: 4}}
            batch: 512
            shards: \(Self.ranks)
            epochs: 1000
            max_steps: 200
            optimizer: {adam: {learning_rate: 0.001}}
            checkpoint: {every_steps: 25}
            log_every_steps: 1
            seed: 1
            """)
    }

    private func train(
        _ run: String, ranks: Int, timeout: Double = Self.timeout / 3, _ extra: [String] = []
    ) throws -> CommandResult {
        try CommandRunner.lockstep(
            ranks: ranks, ["train", file, "--run-dir", run, "--timeout", "\(timeout)"] + extra,
            timeout: Self.timeout)
    }

    @Test func equalOneRank() throws {
        let (one, many) = (directory.path("one"), directory.path("many"))
        let short = ["--set", "max_steps=12", "--set", "checkpoint.every_steps=3"]
        #expect(try train(one, ranks: 1, short).status == 0)
        let result = try train(many, ranks: Self.ranks, short)
        #expect(result.status == 0, "\(result.tail)")
        #expect(try RunResults(many).difference(from: RunResults(one)) == nil)
    }

    private struct Report: Decodable {
        struct Rank: Decodable { var rank: Int }
        var kind: String
        var culprits: [Rank]
    }

    /// A rank in the middle is killed, or hangs: one report names it, no rank stays, and a resume on another number of ranks continues
    /// from the newest checkpoint.
    @Test(arguments: [
        (SIGKILL, 300.0, "ended", [75, 128 + 9], 3), (SIGSTOP, 45.0, "hung", [75], 5),
    ]) func continueOnOtherNumbersAfterAFault(
        signal: Int32, timeout: Double, kind: String, statuses: [Int32], ranksAfterwards: Int
    ) throws {
        let (one, many) = (directory.path("one"), directory.path("many"))
        #expect(try train(one, ranks: 1).status == 0)
        let injector = FaultInjector(run: many, step: 30) { ranks in
            if ranks.count > 100 { kill(ranks[100], signal) }
        }
        let faulty = try train(many, ranks: Self.ranks, timeout: timeout)
        // It returns when no rank is left.
        let outcome = try #require(try injector.finish(), "no rank was hit: \(faulty.tail)")
        #expect(outcome.ranks.count == Self.ranks, "\(outcome.ranks.count)")
        #expect(RankKiller.processes(many, "/lockstep").isEmpty)
        #expect(statuses.contains(faulty.status) && !faulty.timedOut, "\(faulty.status): \(faulty.tail)")
        #expect(
            faulty.output.matches(of: #/lockstep: rank 100 on .* (ended without|made no progress)/#).count
                == 1,
            "\(faulty.tail)")
        let json = try CommandRunner.run(CommandRunner.command, ["report", many, "--json"])
        let report = try JSONDecoder().decode(Report.self, from: Data(json.output.utf8))
        #expect(report.kind == kind && report.culprits.map(\.rank) == [100], "\(json.output.prefix(600))")

        let resumed = try train(many, ranks: ranksAfterwards, ["--resume"])
        #expect(
            resumed.status == 0
                && resumed.output.matches(of: #/Resuming .* after step (25|50|75|100|125|150|175)\./#).count
                    > 0,
            "\(resumed.output.prefix(2000))")
        #expect(try RunResults(many).difference(from: RunResults(one)) == nil)
    }
}
