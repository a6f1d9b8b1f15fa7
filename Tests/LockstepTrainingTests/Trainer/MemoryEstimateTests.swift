import Foundation
import LockstepCheckpoints
import LockstepCollectives
import LockstepExperiment
import LockstepRunLog
import LockstepTensors
import LockstepTraining
import Testing

/// What cannot fit into memory is refused before the first step, with the number.
@Suite(.serialized) struct MemoryEstimateTests {
    private func train(_ folder: RunLogFolder, _ more: [String]) throws -> RunSummary {
        let runFile = try RunFile(
            yaml: """
                model: {mlp: {hidden: [8]}}
                data: {synthetic: {samples: 32, test_samples: 8, shape: [4], classes: 3}}
                batch: 16
                max_steps: 2
                optimizer: {sgd: {learning_rate: 0.1}}
                """, overrides: more)
        return try TrainingRun(
            communicator: Communicator(), runFile: runFile, recipe: "test",
            options: .init(runDirectory: folder.path("run"))
        ).run()
    }

    @Test(arguments: [
        (["model.mlp.hidden=[1048576, 1048576]"], "17.6 TB of it for 1,099,"),
        (
            [
                "model={cnn: {stages: [{channels: 65536, kernel: 31, layers: 1000}]}}",
                "data.synthetic.shape=[8, 8, 3]",
            ],
            "GB of it for"
        ),
        (
            [
                "data.synthetic.shape=[1000, 1000, 1]", "data.synthetic.samples=1",
                "data.synthetic.test_samples=1",
                "batch=1",
                "model={cnn: {stages: [{channels: 65536, kernel: 1, layers: 1000, pool: none}], dense: []}}",
            ],
            "for the layers' outputs of one shard"
        ),
    ])
    func modelsThatAreTooLarge(_ settings: [String], _ words: String) throws {
        let folder = try RunLogFolder()
        let failure = #expect(throws: AgreedFailure.self) { try train(folder, settings) }
        let text = failure?.description ?? ""
        #expect(failure?.status == .mistake)
        #expect(text.hasPrefix("The run needs at least ") && text.contains(words), "\(text)")
        #expect(!FileManager.default.fileExists(atPath: folder.path("run")))
    }

    /// A batch that is larger than the set takes no more memory than the set.
    @Test(arguments: ["batch=1000000000", "batch=100000"]) func batchBeyondTheSet(_ batch: String) throws {
        let folder = try RunLogFolder()
        #expect(try train(folder, [batch, "prefetch=64"]).steps == 2)
        let small = try RunLogFolder()
        #expect(try train(small, ["batch=32", "prefetch=64"]).steps == 2)
        let files = [folder, small].map { $0.path("run/checkpoints/latest/model.safetensors") }
        #expect(FileManager.default.contentsEqual(atPath: files[0], andPath: files[1]))
    }

    /// The scores of the validation set are kept for the metric that is watched, which a run that is resumed without early
    /// stopping has from its checkpoint.
    @Test func scoresOfTheWatchedMetric() throws {
        let folder = try RunLogFolder()
        let yaml = """
            model: {mlp: {hidden: [4]}}
            data: {synthetic: {samples: 200, shape: [2], classes: 2, validation: 0.25}}
            batch: 50
            max_steps: 2
            evaluate: {every_steps: 1}
            optimizer: {sgd: {learning_rate: 0.1}}
            """
        let stopping = "early_stopping={metric: validation_roc_auc, patience: 9}"
        func run(_ more: [String], resume: Bool = true) throws -> RunSummary {
            try TrainingRun(
                communicator: Communicator(), runFile: RunFile(yaml: yaml, overrides: more), recipe: "test",
                options: .init(runDirectory: folder.path("run"), resume: resume)
            ).run()
        }
        func keepsScores(_ more: [String] = [], watched: String?) throws -> Bool {
            let setup = try TrainingSetup(
                communicator: Communicator(), runFile: RunFile(yaml: yaml, overrides: more), watched: watched)
            defer { setup.data.close() }
            let part = setup.memory.parts.first { $0.purpose.contains("the area under the ROC curve") }
            #expect(part == nil || part?.byteCount == 4 * 50 * 2)
            return part != nil
        }
        _ = try run([stopping], resume: false)
        let state = try Checkpoint(verifying: folder.path("run/checkpoints/latest")).state()
        let watched = try Trainer.watchedMetric(of: state, before: nil)
        #expect(watched == "validation_roc_auc")
        #expect(try keepsScores(watched: watched) && keepsScores([stopping], watched: nil))
        #expect(try !keepsScores(watched: nil))
        #expect(try !keepsScores(["early_stopping={patience: 9}"], watched: watched))
        #expect(try run(["early_stopping=none", "max_steps=3"]).best?.watched.metric == watched)
    }

    /// Gradients from other hosts arrive in buckets, whose length the run file may set.
    @Test func bucketsBetweenHosts() throws {
        func byteCount(_ bucket: Int?, hosts: Int = 4) -> Double? {
            var settings = AllreduceSettings()
            settings.tuning = ExchangeTuning(bucketByteCount: bucket)
            return MemoryEstimate.exchange(
                gradients: 1e8, hosts: hosts, ranks: 2, shards: 2 * hosts, settings: settings)?.byteCount
        }
        #expect(byteCount(nil, hosts: 1) == nil)
        let (small, large) = (try #require(byteCount(1 << 20)), try #require(byteCount(64 << 20)))
        // Both lanes receive stripes of half a bucket at least.
        let mebibyte = Double(1 << 20)
        #expect(small >= mebibyte && large >= 64 * mebibyte && large > 32 * small, "\(small), \(large)")
    }

    @Test func textsOfSizes() {
        #expect(MachineMemory.text(0) == "0 bytes")
        #expect(MachineMemory.text(28_849_000_000) == "28.8 GB")
        #expect(MachineMemory.text(999_960) == "1000.0 kB")
        #expect(MachineMemory.text(1e30).hasSuffix(" EB"))
        #expect(MachineMemory.limit().byteCount > 1e8)
    }
}
