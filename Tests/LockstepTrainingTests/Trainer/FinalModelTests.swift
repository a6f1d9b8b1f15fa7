import Foundation
import LockstepCheckpoints
import LockstepCollectives
import LockstepExperiment
import LockstepInference
import LockstepRunLog
import LockstepTraining
import Testing

/// The checkpoint of the best evaluation as the final model, and as one that commands choose.
@Suite(.serialized) struct FinalModelTests {
    private let folder: RunLogFolder
    init() throws { folder = try RunLogFolder() }

    private static let runFile = """
        model: {mlp: {hidden: [64]}}
        data: {synthetic: {samples: 400, shape: [20], classes: 4, noise: 3.0, validation: 0.25, test_samples: 100}}
        batch: 50
        shards: 2
        max_steps: 200
        optimizer: {adam: {learning_rate: 0.02}}
        average: {decay: 0.9}
        evaluate: {every_steps: 5}
        early_stopping: {patience: 6, restore_best: true}
        checkpoint: {every_steps: 20, every_epochs: none, keep: 1}
        """

    @discardableResult
    private func train(
        _ name: String, _ more: [String] = [], resume: Bool = false, stopAfter step: Int? = nil
    ) throws -> RunSummary {
        try TrainingRun(
            communicator: Communicator(), runFile: RunFile(yaml: Self.runFile, overrides: more),
            recipe: "test",
            options: .init(
                runDirectory: folder.path(name), resume: resume, limits: .init(stopAfterStep: step))
        ).run()
    }

    private func link(_ run: String, _ name: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(
            atPath: folder.path("\(run)/checkpoints/\(name)"))
    }

    private func loss(_ path: String, _ choice: CheckpointChoice = .configured) throws -> Double? {
        try TrainedModel(communicator: Communicator(), path: folder.path(path), choice: choice)
            .evaluate(.test).values.first { $0.name == "loss" }?.value
    }

    @Test func theRunEndsWithTheBestParameters() throws {
        let summary = try train("run")
        let best = try #require(summary.best)
        #expect(best.step < summary.steps && summary.finalModelStep == best.step)
        #expect(summary.table.contains("final model         the best: parameters after step \(best.step)\n"))
        #expect(summary.validation.first { $0.name == "loss" }?.value == best.value)
        #expect(link("run", "best") == "step-000000\(best.step)")
        #expect(link("run", "latest") == "step-000000\(summary.steps)")
        // Evaluations, averages included, are of the best parameters; of the last ones when these are named.
        let test = summary.test.first { $0.name == "loss" }?.value
        #expect(try loss("run") == test && loss("run", .best) == test)
        #expect(try loss("run/checkpoints/latest") != test)
        #expect(try folder.text("run/summary.json").contains("\"final_model_step\": \(best.step),"))
    }

    /// `latest` is the state of training: a run that is cut, or that goes on, has the bits of one that is not.
    @Test func aResumeContinuesWithTheLastParameters() throws {
        func model(_ run: String) throws -> Data {
            try Data(contentsOf: URL(filePath: folder.path("\(run)/checkpoints/latest/model.safetensors")))
        }
        try train("whole")
        try train("cut", stopAfter: 13)
        try train("cut", resume: true)
        #expect(try model("cut") == model("whole"))
        let more = ["early_stopping.patience=12"]
        let longer = try train("cut", more, resume: true)
        let once = try train("longer", more)
        #expect(try longer.steps == once.steps && model("cut") == model("longer"))
        #expect(longer.test == once.test && longer.finalModelStep == once.finalModelStep)
    }

    @Test func withoutTheKeyTheLastParametersCount() throws {
        let summary = try train("run", ["early_stopping.restore_best=false", "checkpoint.keep_best=true"])
        #expect(summary.finalModelStep == nil)
        #expect(try loss("run") == summary.test.first { $0.name == "loss" }?.value)
        #expect(try loss("run", .best) != loss("run"))
        #expect(link("run", "best") == summary.best.map { "step-000000\($0.step)" })
    }

    /// There is no link to a checkpoint that is not kept, and none is chosen in its place.
    @Test func aBestThatWasNotKept() throws {
        let summary = try train("run", ["early_stopping=none", "max_steps=60"])
        let best = try #require(summary.best)
        try #require(best.step < 60)
        #expect(link("run", "best") == nil && link("run", "latest") == "step-00000060")
        let error = #expect(throws: (any Error).self) { try loss("run", .best) }
        #expect("\(error as Any)".contains("was not kept"), "\(error as Any)")
        let named = #expect(throws: (any Error).self) { try loss("run/checkpoints/latest", .best) }
        #expect("\(named as Any)".contains("is a checkpoint: --best chooses one of a run"))
    }

    /// The link follows the record when a resume begins with another best.
    @Test func aDamagedBestIsPassedOver() throws {
        let summary = try train("run")
        let best = try #require(summary.best)
        let path = CheckpointStore(folder.path("run/checkpoints")).path(best.step)
        #expect(truncate(path + "/model.safetensors", 9) == 0)
        let model = try TrainedModel(communicator: Communicator(), path: folder.path("run"))
        #expect(model.step == summary.steps)
        #expect(model.refusals.count == 1 && model.refusals[0].contains("the best checkpoint is not used"))
        #expect(throws: (any Error).self) { try loss("run", .best) }
    }
}
