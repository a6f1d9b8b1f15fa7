import Foundation
import Testing

/// The example programs that make images, as a user would run them, with small networks and few steps.
@Suite(.serialized) struct ImageExampleTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var program: String
        var runFile: String
        /// `key=value` for a short run.
        var settings: [String]
        /// Metrics of the test set.
        var metrics: [String]
        /// The first columns of predictions.
        var columns: String
        /// Files that are written at the end of a run.
        var pictures: [String]

        var testDescription: String { program }
        var executable: String { CommandRunner.productsDirectory.appendingPathComponent(program).path }
    }

    private static let examples = [
        Example(
            program: "VAE", runFile: "vae.yaml",
            settings: ["batch=24", "task.vae.channels=4", "data.fashion_mnist.validation=none"],
            metrics: ["loss", "reconstruction", "kl"], columns: "sample,reconstruction,kl,z0,",
            pictures: ["samples.png", "reconstructions.png"]),
        Example(
            program: "ConditionalGAN", runFile: "conditional-gan.yaml",
            settings: [
                "batch=24", "task.conditional_gan.channels=4", "task.conditional_gan.images=30",
            ], metrics: ["loss", "real", "generated"], columns: "sample,real",
            pictures: ["samples.png", "generated-images.idx", "generated-labels.idx"]),
        Example(
            program: "Segmentation", runFile: "segmentation.yaml",
            settings: [
                "batch=8", "model.unet.channels=4", "data.canvases.training=64", "data.canvases.test=24",
            ],
            metrics: ["loss", "mean_iou", "pixel_accuracy"], columns: "sample,0,1",
            pictures: ["masks.png"]),
    ]

    private func run(_ example: Example, ranks: Int = 1, _ arguments: [String]) throws -> CommandResult {
        let result =
            ranks == 1
            ? try CommandRunner.run(example.executable, arguments)
            : try CommandRunner.run(
                CommandRunner.launcher, ["-n", "\(ranks)", example.executable] + arguments)
        #expect(result.status == 0, "\(result.tail)")
        return result
    }

    private func train(_ example: Example, ranks: Int, in run: String, _ more: [String] = []) throws {
        let file = CommandRunner.repository.appendingPathComponent(
            "Examples/\(example.program)/\(example.runFile)"
        ).path
        let settings =
            example.settings + [
                "epochs=none", "max_steps=6", "log_every_steps=1", "checkpoint.every_epochs=100",
            ]
        _ = try self.run(
            example, ranks: ranks,
            ["train", file, "--run-dir", run] + settings.flatMap { ["--set", $0] } + more)
    }

    @Test(arguments: examples) func sameBitsAndResumeOnAnyNumberOfRanks(_ example: Example) throws {
        let directory = try TemporaryDirectory()
        let (one, three, cut) = (directory.path("one"), directory.path("three"), directory.path("cut"))
        try train(example, ranks: 1, in: one)
        try train(example, ranks: 3, in: three)
        let results = try RunResults(one)
        #expect(results.metrics.count == 6)
        #expect(try RunResults(three).difference(from: results) == nil, "on 3 ranks")

        try train(example, ranks: 2, in: cut, ["--stop-after-step", "3"])
        try train(example, ranks: 3, in: cut, ["--resume"])
        #expect(try RunResults(cut).difference(from: results) == nil, "2 ranks, then 3")

        for name in example.pictures {
            let picture = try Data(contentsOf: URL(fileURLWithPath: one + "/" + name))
            #expect(picture.count > 30)
            #expect(try Data(contentsOf: URL(fileURLWithPath: cut + "/" + name)) == picture, "\(name)")
        }

        let tested = try testMetrics(one)
        #expect(try testMetrics(three) == tested && testMetrics(cut) == tested)
        #expect(tested.count == example.metrics.count)
        let evaluated = try run(example, ["evaluate", one])
        for metric in example.metrics {
            #expect(tested.contains { $0.contains("\"test_\(metric)\"") })
            #expect(evaluated.output.contains(metric.replacing("_", with: " ")), "\(evaluated.tail)")
        }
        _ = try run(example, ["predict", one, "--output", directory.path("p.csv")])
        let header = try String(contentsOfFile: directory.path("p.csv"), encoding: .utf8).prefix {
            $0 != "\n"
        }
        #expect(header.hasPrefix(example.columns), "\(header)")
    }

    /// The lines of a summary with metrics of the test set.
    private func testMetrics(_ run: String) throws -> [String] {
        try String(contentsOfFile: run + "/summary.json", encoding: .utf8).split(separator: "\n")
            .filter { $0.contains("\"test_") }.map { $0.trimmingCharacters(in: [",", " "]) }
    }

    /// What the generator made can be trained on.
    @Test func generatedImagesAreData() throws {
        let directory = try TemporaryDirectory()
        let example = try #require(Self.examples.first { $0.program == "ConditionalGAN" })
        try train(example, ranks: 1, in: directory.path("gan"))
        let generated = directory.path("gan/generated-")
        let file = try directory.write(
            "run.yaml",
            """
            model: {mlp: {hidden: [8]}}
            data: {idx: {train_images: \(generated)images.idx, train_labels: \(generated)labels.idx}}
            batch: 10
            max_steps: 3
            optimizer: sgd
            """)
        let trained = try CommandRunner.lockstep(
            ranks: 1, ["train", file, "--run-dir", directory.path("run")])
        #expect(trained.status == 0, "\(trained.tail)")
        #expect(trained.output.contains("30 training samples"), "\(trained.tail)")
    }
}
