import Foundation
import LockstepMetrics
import LockstepPictures
import LockstepRunLog
import LockstepTrackers
import Testing

/// MLflow's file store: its layout, and no step twice; tests of whole runs read it with MLflow.
@Suite struct MLflowTrackerTests {
    private func tracker(_ folder: TrackedFolder, _ experiment: String = "digits") -> any Tracker {
        MLflowTracker.Configuration {
            $0.directory = folder.path + "/mlruns"
            $0.experiment = experiment
        }.make()
    }

    private func entries(_ path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    /// The folder of the only run of the only experiment.
    private func run(_ folder: TrackedFolder) throws -> String {
        let experiments = try entries(folder.path + "/mlruns")
        let runs = try entries("\(folder.path)/mlruns/\(experiments[0])").filter { $0 != "meta.yaml" }
        #expect(experiments.count == 1 && runs.count == 1)
        return "mlruns/\(experiments[0])/\(runs[0])"
    }

    private func steps(_ folder: TrackedFolder, _ metric: String) throws -> [String] {
        try folder.text("\(run(folder))/metrics/\(metric)").split(separator: "\n").map {
            String($0.split(separator: " ")[2])
        }
    }

    @Test func aRunHasParametersMetricsAndStatus() throws {
        let folder = try TrackedFolder()
        let tracker = tracker(folder)
        try tracker.begin(folder.run())
        #expect(try folder.text("\(run(folder))/meta.yaml").contains("status: 1\n"))
        try tracker.step(folder.record(1))
        try tracker.step(folder.record(2))
        try tracker.evaluation(folder.evaluation("validation", 2))
        try tracker.end(
            RunSummary(
                steps: 2, epochs: 1, ranks: 1, hosts: 1, shards: 1, threads: 1, parameters: 1,
                finalTrainLoss: 1,
                validation: [], test: [], samplesPerSecond: 1, seconds: 1, stoppedBecause: .epochs,
                versions: []))
        let run = try run(folder)
        #expect(try folder.text("\(run)/params/optimizer.adam.learning_rate") == "0.001")
        #expect(try steps(folder, "loss") == ["1", "2"])
        // Not a number: left out.
        #expect(try steps(folder, "gradient_norm") == ["1"])
        #expect(try folder.text("\(run)/metrics/validation_accuracy").contains(" 0.75 2\n"))
        #expect(try folder.text("\(run)/meta.yaml").contains("status: 3\n"))
        #expect(try folder.text("\(run)/artifacts/config.yaml") == "batch: 32\n")
    }

    @Test func aResumedRunHasEachStepOnce() throws {
        let folder = try TrackedFolder()
        try folder.trainAndResume { tracker(folder) }
        #expect(try steps(folder, "loss") == ["1", "2", "3", "4"])
        #expect(try steps(folder, "validation_loss") == ["2", "4"])
        let metrics = try entries("\(folder.path)/\(run(folder))/metrics")
        #expect(!metrics.contains("test_loss"))
    }

    @Test func anExperimentIsSharedByItsName() throws {
        let (first, second) = (try TrackedFolder(), try TrackedFolder())
        try tracker(first).begin(first.run())
        try tracker(first).begin(second.run())
        try tracker(first, "it's another: one").begin(second.run())
        let experiments = try entries(first.path + "/mlruns")
        #expect(experiments.count == 2)
        let runs = try experiments.map { try entries("\(first.path)/mlruns/\($0)").count - 1 }
        #expect(runs.sorted() == [1, 2])
        let metas = try experiments.map { try first.text("mlruns/\($0)/meta.yaml") }
        #expect(metas.contains { $0.contains("name: 'it''s another: one'\n") })
    }

    @Test func aStoreThatCannotBeMadeIsAnError() throws {
        let folder = try TrackedFolder()
        try Data().write(to: URL(fileURLWithPath: folder.path + "/mlruns"))
        #expect(throws: RunLogError.self) { try tracker(folder).begin(folder.run()) }
    }

    @Test func imagesAreArtifacts() throws {
        let folder = try TrackedFolder()
        let image = PNGPicture(width: 2, height: 1, pixels: [0, 255])
        let first = tracker(folder)
        try first.begin(folder.run())
        for step in 1...3 { try first.image(image, tag: "samples", step: step) }
        try first.image(image, tag: "test/masks", step: 2)
        // What is made again goes.
        try tracker(folder).begin(folder.run(after: 2))
        let images = "\(try run(folder))/artifacts/images"
        #expect(
            try entries("\(folder.path)/\(images)/samples") == ["step-00000001.png", "step-00000002.png"])
        #expect(try entries("\(folder.path)/\(images)/test_masks").isEmpty)
        let bytes = try Data(
            contentsOf: URL(fileURLWithPath: "\(folder.path)/\(images)/samples/step-00000001.png"))
        #expect([UInt8](bytes) == image.encoded)
    }
}
