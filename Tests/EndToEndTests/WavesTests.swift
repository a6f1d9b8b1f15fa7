import Foundation
import LockstepTesting
import Testing

/// The example with two losses, class names, units, and test samples without targets.
@Suite(.serialized) struct WavesTests {
    @Test func sameBitsOnAnyNumberOfRanksAndAfterAResume() throws {
        let settings = ["max_steps=12", "data.waves.training=500", "data.waves.test=60", "log_every_steps=3"]
        #expect(
            try ExampleRun("Waves", "waves.yaml", settings).differences(TemporaryDirectory(), stopAfter: 5)
                == [])
    }

    @Test func learnsBothTargetsAndPredictsWithAndWithoutThem() throws {
        let directory = try TemporaryDirectory()
        let run = ExampleRun("Waves", "waves.yaml")
        let trained = try run.train(ranks: 2, directory.path("run"))
        #expect(trained.status == 0, "\(trained.tail)")
        let accuracy = try #require(try ExampleRun.summary("test_accuracy", directory.path("run")))
        let error = try #require(try ExampleRun.summary("test_frequency_error", directory.path("run")))
        #expect(accuracy > 0.95 && error < 0.3, "\(accuracy), \(error)")
        let log = try String(contentsOfFile: directory.path("run/metrics.jsonl"), encoding: .utf8)
        #expect(log.contains("\"form_loss\"") && log.contains("\"frequency_loss\""))

        let (all, unlabelled) = (directory.path("all.csv"), directory.path("unlabelled.csv"))
        let predicted = try run.run(["predict", directory.path("run"), "--output", all])
        #expect(predicted.status == 0, "\(predicted.tail)")
        let hidden = ["--set", "data.waves.labelled=false"]
        let without = try run.run(["predict", directory.path("run"), "--output", unlabelled] + hidden)
        #expect(without.status == 0, "\(without.tail)")
        let (rows, rest) = (try Self.rows(all), try Self.rows(unlabelled))
        #expect(rows.first == ["sample", "form", "frequency", "error"] && rows.count == 501)
        #expect(rest == rows.map { Array($0.dropLast()) })
        #expect(rows.dropFirst().allSatisfy { ["sine", "square", "sawtooth"].contains($0[1]) })
        let mean = rows.dropFirst().compactMap { Double($0[3]) }.reduce(0, +) / 500
        #expect(abs(mean - error) < 1e-6, "the mean error of the predictions is \(mean), the metric \(error)")

        let evaluated = try run.run(["evaluate", directory.path("run")] + hidden)
        #expect(evaluated.status == 2 && evaluated.output.contains("not evaluated"), "\(evaluated.tail)")
    }

    private static func rows(_ file: String) throws -> [[String]] {
        try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
            .map { $0.split(separator: ",").map(String.init) }
    }
}
