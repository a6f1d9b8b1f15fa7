import Foundation
import LockstepCollectives
import LockstepDatasets
import LockstepExperiment
import LockstepTasks
import LockstepTraining
import Testing

/// Runs that cannot learn: no training samples, or a loss without a gradient.
@Suite(.serialized) struct NothingToLearnTests {
    private struct NoSamples: Dataset {
        let schema = BatchSchema([BatchField("x", [2])])
        let fingerprint = "none"
        let samplesName = "queries"
        func count(of split: DatasetSplit) -> Int { split == .training ? 0 : 5 }
        func write(_ sample: Int, of split: DatasetSplit, into row: BatchRow, draws: SampleDraws?) {}
    }

    private let yaml = """
        model: {mlp: {hidden: [4]}}
        data: {csv: {train: t.csv, target: y, task: regression}}
        batch: 4
        shards: 1
        max_steps: 2
        optimizer: {sgd: {learning_rate: 0.1}}
        """

    @Test func noTrainingSamples() throws {
        let configuration = try RunFile(yaml: yaml).configuration
        #expect {
            _ = try TrainingData(NoSamples(), configuration: configuration, shards: 0..<1, of: 1)
        } throws: { error in
            guard case TrainingError.model(let problem) = error else { return false }
            return problem.contains("there are no training queries")
                && ExitStatus(ofRunning: error) == .mistake
        }
    }

    /// With zeros in all parameters and targets of mean zero, the gradient is exactly zero.
    @Test(arguments: [true, false]) func gradientsOfZero(_ isZero: Bool) throws {
        let folder = try RunLogFolder()
        try "x,y\n1,1\n2,-1\n3,1\n4,-1\n".write(
            toFile: folder.path("t.csv"), atomically: true, encoding: .utf8)
        let observer = TrainerObserver(beforeShard: { dataParallel, _ in
            guard isZero, dataParallel.step == 0 else { return }
            for tensor in dataParallel.modelState {
                let count = tensor.shape.reduce(1, *)
                tensor.address.initializeMemory(as: Float.self, repeating: 0, count: count)
            }
        })
        let runFile = try RunFile(yaml: yaml, overrides: ["data.csv.train=\(folder.path("t.csv"))"])
        _ = try TrainingRun(
            communicator: Communicator(), runFile: runFile, recipe: "test",
            options: .init(
                runDirectory: folder.path("run"), resume: false, limits: .init(observer: observer))
        ).run()
        let warning = "Warning: step 1: the gradients of all trained parameters are zero."
        #expect(try folder.text("run/train.log").contains(warning) == isZero)
    }
}
