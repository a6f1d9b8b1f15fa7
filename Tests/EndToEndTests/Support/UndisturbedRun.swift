/// The run that tests disturb: its run file, and its results without disturbance. Its gradients fill three
/// buckets.
enum UndisturbedRun {
    /// The run file. How often checkpoints are written makes no difference to the results.
    static func file(checkpointEvery: Int = 30) -> String {
        RunFiles.text(
            model: RunFiles.mlp, data: .fashion, batch: 250, shards: 4, steps: 100,
            checkpointEvery: checkpointEvery)
    }

    /// The results on one rank, computed by the first test that needs them.
    private static let results = Result {
        let directory = try TemporaryDirectory()
        let run = directory.path("whole")
        let result = try CommandRunner.lockstep(
            ranks: 1, ["train", try directory.write("run.yaml", file()), "--run-dir", run], timeout: 120)
        guard result.status == 0 else { throw Failure(description: result.tail) }
        return try RunResults(run)
    }

    private struct Failure: Error, CustomStringConvertible { let description: String }

    /// How another run of the same file differs, in its model, its optimizer's state or any step; nil when it
    /// does not.
    static func difference(from run: String) throws -> String? {
        try RunResults(run).difference(from: results.get())
    }
}
