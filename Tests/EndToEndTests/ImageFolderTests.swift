import Foundation
import Testing

/// Training on image files in folders: the same bits on any number of ranks and after a resume; predictions of new files.
@Suite(.serialized) struct ImageFolderTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private static var fixtures: String {
        CommandRunner.repository.appendingPathComponent("Tests/Fixtures/images").path
    }

    /// All fixtures, in a folder for each format.
    private func images(_ name: String) throws -> String {
        for file in try FileManager.default.contentsOfDirectory(atPath: Self.fixtures).sorted()
        where !file.hasSuffix("json") {
            let folder = directory.path("\(name)/" + (file.split(separator: ".").last ?? ""))
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: "\(Self.fixtures)/\(file)", toPath: "\(folder)/\(file)")
        }
        return directory.path(name)
    }

    private func runFile(train: String, more: String = "") throws -> String {
        try directory.write(
            "run.yaml",
            """
            model: {cnn: {stages: [{channels: 4}], dense: [8]}}
            data:
              image_folder:
                train: \(train)
                size: [12, 14]
                resize: 16
                train_crop: random_resized
                transparency: white
                augment: [horizontal_flip, {brightness_contrast: {brightness: 0.2}}]
                validation: 0.2
                \(more)
            loader_threads: 2
            batch: 8
            shards: 4
            threads: 1
            max_steps: 12
            optimizer: {adam: {learning_rate: 0.003}}
            evaluate: {every_steps: 4}
            checkpoint: {every_steps: 4}
            log_every_steps: 1
            """)
    }

    private func train(_ file: String, ranks: Int, _ name: String, _ more: [String] = []) throws -> RunResults
    {
        let result = try CommandRunner.lockstep(
            ranks: ranks, ["train", file, "--run-dir", directory.path(name)] + more)
        #expect(result.status == 0, "\(ranks) ranks: \(result.tail)")
        return try RunResults(directory.path(name))
    }

    @Test func sameBitsOnAnyNumberOfRanksAndAfterAResume() throws {
        let file = try runFile(train: images("train"))
        let one = try train(file, ranks: 1, "one")
        #expect(one.metrics.count == 12 && one.evaluations.count >= 3)
        for ranks in 2...3 {
            #expect(
                try train(file, ranks: ranks, "ranks-\(ranks)").difference(from: one) == nil, "\(ranks) ranks"
            )
        }
        let single = try train(file, ranks: 1, "threads", ["--set", "loader_threads=1"])
        #expect(single.difference(from: one) == nil, "one loader thread")
        _ = try train(file, ranks: 2, "cut", ["--stop-after-step", "5"])
        #expect(
            try train(file, ranks: 3, "cut", ["--resume"]).difference(from: one) == nil, "2 ranks, then 3")
    }

    @Test func newFilesAreEvaluatedAndPredicted() throws {
        let folder = try images("train")
        _ = try train(runFile(train: folder), ranks: 1, "run")
        let new = try images("new")
        // The training images are not needed any more.
        try FileManager.default.removeItem(atPath: folder)
        let set = ["--set", "data.image_folder.test=\(new)"]
        let evaluated = try CommandRunner.lockstep(ranks: 2, ["evaluate", directory.path("run")] + set)
        #expect(evaluated.status == 0 && evaluated.output.contains("32 images"), "\(evaluated.tail)")
        let output = directory.path("p.csv")
        let predicted = try CommandRunner.lockstep(
            ranks: 2, ["predict", directory.path("run"), "--output", output] + set)
        #expect(predicted.status == 0, "\(predicted.tail)")
        var lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
        #expect(lines[0] == "sample,file,target,prediction,probability jpg,probability png,probability tif")
        #expect(lines.count == 33 && lines[1].hasPrefix("0,jpg/cmyk.jpg,jpg,"))

        let flat = ["--set", "data.image_folder.test=\(new)/png"]
        let blind = try CommandRunner.lockstep(
            ranks: 1, ["predict", directory.path("run"), "--output", output] + flat)
        #expect(blind.status == 0 && blind.output.contains("has no targets"), "\(blind.tail)")
        lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
        #expect(
            lines[0] == "sample,file,prediction,probability jpg,probability png,probability tif"
                && lines[1].hasPrefix("0,alpha.png,"))
        let refused = try CommandRunner.lockstep(ranks: 1, ["evaluate", directory.path("run")] + flat)
        #expect(refused.status != 0 && refused.output.contains("folders of their classes"), "\(refused.tail)")
    }

    /// A file that is damaged after the run began to read its folder ends all ranks with its name.
    @Test(arguments: [1, 2]) func aDamagedFileEndsTheRun(_ ranks: Int) throws {
        let folder = try images("train")
        let file = "\(folder)/png/color.png"
        try Data(contentsOf: URL(fileURLWithPath: file)).prefix(200).write(to: URL(fileURLWithPath: file))
        let result = try CommandRunner.lockstep(
            ranks: ranks,
            [
                "train", try runFile(train: folder, more: "normalize: none"), "--run-dir",
                directory.path("bad"),
                "--set", "data.image_folder.validation=none", "--set", "evaluate.every_steps=1000",
            ])
        #expect(result.status == 2 && !result.timedOut, "\(result.tail)")
        #expect(result.output.contains("\(file): the PNG data end too early"), "\(result.tail)")
    }

    /// The shipped example, in a few steps.
    @Test func theExample() throws {
        let script = CommandRunner.repository.appendingPathComponent("scripts/lib/image_folder.py").path
        let source = "/usr/share/datasets/fashion-mnist"
        let written = try CommandRunner.run(script, [directory.path("png"), source])
        #expect(written.status == 0, "\(written.tail)")
        let example = CommandRunner.repository.appendingPathComponent("Examples/image-folder.yaml").path
        let settings = [
            "epochs=none", "max_steps=30", "checkpoint.every_epochs=100",
            "data.image_folder.train=\(directory.path("png/train"))",
            "data.image_folder.test=\(directory.path("png/test"))",
        ]
        let result = try CommandRunner.lockstep(
            ranks: 2,
            ["train", example, "--run-dir", directory.path("run")] + settings.flatMap { ["--set", $0] })
        #expect(result.status == 0, "\(result.tail)")
        let summary = try String(contentsOfFile: directory.path("run/summary.json"), encoding: .utf8)
        #expect(summary.contains("\"test_accuracy\""))
    }

    @Test func loadingIsMeasured() throws {
        let result = try CommandRunner.lockstep(
            ranks: 1,
            [
                "bench", "data", try runFile(train: images("train")), "--steps", "2", "--repetitions", "3",
                "--json",
            ])
        #expect(result.status == 0, "\(result.tail)")
        struct Report: Decodable {
            var threads: Int
            var speeds: [Double]

            enum CodingKeys: String, CodingKey {
                case threads
                case speeds = "samples_per_second"
            }
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
        #expect(report.threads == 2 && report.speeds.count == 3)
        #expect(report.speeds.allSatisfy { $0 > 0 })
    }
}
