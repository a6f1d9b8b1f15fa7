import Foundation
import Testing

/// Signals that come while nothing is trained: during an evaluation, and before training has begun.
@Suite(.serialized) struct EvaluationStopTests {
    private let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    /// One rank of three is asked to stop in the middle of an evaluation: all end together, and the resumed
    /// run has the records of an undisturbed one.
    @Test func allRanksStopInAnEvaluation() throws {
        let file = try directory.write(
            "run.yaml",
            """
            model: {mlp: {hidden: [64]}}
            data: {synthetic: {samples: 8000, shape: [16], classes: 4, validation: 0.5}}
            batch: 100
            shards: 4
            max_steps: 12
            evaluation_block: 20
            evaluate: {every_steps: 4}
            optimizer: {sgd: {learning_rate: 0.1}}
            log_every_steps: 1
            """)
        func train(_ run: String, ranks: Int) throws -> CommandResult {
            try CommandRunner.lockstep(
                ranks: ranks, ["train", file, "--run-dir", run, "--resume"], timeout: 120)
        }
        let whole = directory.path("whole")
        #expect(try train(whole, ranks: 1).status == 0)
        // 67 blocks of 200 are rank 1's: the second evaluation is interrupted.
        let run = directory.path("cut")
        let program = CommandRunner.productsDirectory.appendingPathComponent("FaultProbe").path
        let stopped = try CommandRunner.run(
            CommandRunner.launcher, ["-n", "3", program, file, run, "evaluation", "1", "80"], timeout: 120)
        #expect(stopped.status == 0, "\(stopped.tail)")
        #expect(stopped.output.contains("The evaluation after step 8 was interrupted"), "\(stopped.tail)")
        #expect(try RunResults(run).evaluations.count == 1)
        let resumed = try train(run, ranks: 2)
        #expect(resumed.status == 0, "\(resumed.tail)")
        #expect(try RunResults(run).difference(from: RunResults(whole)) == nil)
    }

    /// While data are decoded there is nothing to save: the first signal ends the program.
    @Test(arguments: [SIGTERM, SIGUSR1]) func signalsBeforeTraining(_ signal: Int32) throws {
        let file = try directory.write(
            "run.yaml",
            """
            model: {mlp: {hidden: [8]}}
            data: {synthetic: {samples: 1000000, shape: [64], classes: 2}}
            batch: 100
            max_steps: 1000000
            optimizer: {sgd: {learning_rate: 0.1}}
            """)
        let run = directory.path("run")
        // The heartbeat is there before the data are made.
        let script = """
            "$1" train "$2" --run-dir "$3" & process=$!
            until [ -e "$3/heartbeats/rank-00000" ]; do sleep 0.01; done
            kill -\(signal) "$process"
            wait "$process"
            """
        let result = try CommandRunner.run(
            "/bin/bash", ["-c", script, "bash", CommandRunner.command, file, run],
            environment: ["XDG_CACHE_HOME": directory.path("cache")], timeout: 120)
        #expect(result.status == 128 + signal, "\(result.tail)")
        #expect(!FileManager.default.fileExists(atPath: run + "/checkpoints"))
        let left =
            (try? FileManager.default.contentsOfDirectory(atPath: directory.path("cache/lockstep"))) ?? []
        #expect(left.allSatisfy { $0.hasSuffix(".lock") }, "\(left)")
    }
}
