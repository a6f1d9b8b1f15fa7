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
            epochs: 10
            max_steps: 12
            optimizer: {adam: {learning_rate: 0.001}}
            checkpoint: {every_steps: 3}
            log_every_steps: 1
            seed: 1
            """)
    }

    private func train(_ run: String, ranks: Int, _ extra: [String] = []) throws -> CommandResult {
        try CommandRunner.lockstep(
            ranks: ranks, ["train", file, "--run-dir", run, "--timeout", "\(Self.timeout / 3)"] + extra,
            timeout: Self.timeout)
    }

    @Test func equalOneRank() throws {
        let (one, many) = (directory.path("one"), directory.path("many"))
        #expect(try train(one, ranks: 1).status == 0)
        let result = try train(many, ranks: Self.ranks)
        #expect(result.status == 0, "\(result.tail)")
        #expect(try RunResults(many).difference(from: RunResults(one)) == nil)
    }

    @Test func continueOnOtherNumbersAfterAFault() throws {
        let (one, many) = (directory.path("one"), directory.path("many"))
        #expect(try train(one, ranks: 1).status == 0)
        let injector = FaultInjector(run: many, step: 7) { ranks in
            if ranks.count > 100 { kill(ranks[100], SIGKILL) }
        }
        let killed = try train(many, ranks: Self.ranks)
        let outcome = try #require(try injector.finish(), "no rank was hit: \(killed.tail)")
        #expect(outcome.ranks.count == Self.ranks, "\(outcome.ranks.count)")
        #expect(killed.status != 0 && !killed.timedOut, "\(killed.status): \(killed.tail)")
        let resumed = try train(many, ranks: 3, ["--resume"])
        #expect(resumed.status == 0, "\(resumed.tail)")
        #expect(try RunResults(many).difference(from: RunResults(one)) == nil)
    }
}
