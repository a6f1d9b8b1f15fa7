import Foundation
import Testing

/// Training the example network of spoken digits on recordings in folders.
@Suite(.serialized) struct SoundFolderTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func run(ranks: Int, _ arguments: [String]) throws -> CommandResult {
        let program = CommandRunner.productsDirectory.appendingPathComponent("SpeechDigits").path
        let result =
            ranks == 1
            ? try CommandRunner.run(program, arguments)
            : try CommandRunner.run(CommandRunner.launcher, ["-n", "\(ranks)", program] + arguments)
        #expect(result.status == 0, "\(ranks) ranks: \(result.tail)")
        return result
    }

    private func train(_ file: String, ranks: Int, _ name: String, _ more: [String] = []) throws -> RunResults
    {
        _ = try run(ranks: ranks, ["train", file, "--run-dir", directory.path(name)] + more)
        return try RunResults(directory.path(name))
    }

    /// A network of one shape cannot read recordings of different lengths.
    @Test func networksOfOneShapeAreRefused() throws {
        let fixtures = CommandRunner.repository.appendingPathComponent("Tests/Fixtures/sounds").path
        for (number, name) in ["16.wav", "16.flac"].enumerated() {
            let folder = directory.path("train/\(number)")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: "\(fixtures)/\(name)", toPath: "\(folder)/\(name)")
        }
        let file = try directory.write(
            "mlp.yaml",
            """
            model: {mlp: {hidden: [4]}}
            data: {sound_folder: {train: \(directory.path("train")), sample_rate: 8000, window: 128, hop: 40, mels: 8}}
            batch: 2
            max_steps: 1
            optimizer: sgd
            """)
        let result = try CommandRunner.lockstep(
            ranks: 2, ["train", file, "--run-dir", directory.path("run")])
        #expect(result.status == 2 && result.output.contains("different lengths"), "\(result.tail)")
    }

    @Test func sameBitsOnAnyNumberOfRanksAndPredictions() throws {
        let fixtures = CommandRunner.repository.appendingPathComponent("Tests/Fixtures/sounds").path
        for name in try FileManager.default.contentsOfDirectory(atPath: fixtures).sorted()
        where !name.hasPrefix("other") && !name.hasSuffix("json") {
            let folder = directory.path("train/" + (name.split(separator: ".").last ?? ""))
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: "\(fixtures)/\(name)", toPath: "\(folder)/\(name)")
        }
        let file = try directory.write(
            "run.yaml",
            """
            task: {spoken_digits: {units: 8}}
            model: none
            data:
              sound_folder: {train: \(directory.path("train")), sample_rate: 8000, window: 128, hop: 40, mels: 12}
            loader_threads: 2
            batch: 5
            shards: 3
            threads: 1
            max_steps: 8
            optimizer: {adam: {learning_rate: 0.003}}
            checkpoint: {every_steps: 4}
            log_every_steps: 1
            """)
        let one = try train(file, ranks: 1, "one")
        #expect(one.metrics.count == 8)
        for ranks in 2...3 {
            #expect(
                try train(file, ranks: ranks, "ranks-\(ranks)").difference(from: one) == nil, "\(ranks) ranks"
            )
        }
        _ = try train(file, ranks: 2, "cut", ["--stop-after-step", "3"])
        #expect(
            try train(file, ranks: 3, "cut", ["--resume"]).difference(from: one) == nil, "2 ranks, then 3")

        let output = directory.path("p.csv")
        _ = try run(
            ranks: 1,
            [
                "predict", directory.path("one"), "--output", output, "--set",
                "data.sound_folder.test=\(directory.path("train"))",
            ])
        let lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 8 && lines[0] == "sample,file,target,prediction")
        #expect(lines[1].hasPrefix("0,flac/16.flac,flac,"))
    }
}
