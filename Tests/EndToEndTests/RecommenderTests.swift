import Foundation
import Testing

/// The example with sparse tables.
@Suite(.serialized) struct RecommenderTests {
    private static let small = ["max_steps=12", "data.ratings.count=20000", "log_every_steps=3"]

    @Test func sameBitsOnAnyNumberOfRanksAndAfterAResume() throws {
        let run = ExampleRun("Recommender", "recommender.yaml", Self.small)
        #expect(try run.differences(TemporaryDirectory(), stopAfter: 5) == [])
    }

    @Test func predictsRatingsThatAreNew() throws {
        let directory = try TemporaryDirectory()
        let run = ExampleRun("Recommender", "recommender.yaml")
        let trained = try run.train(ranks: 2, directory.path("run"))
        #expect(trained.status == 0, "\(trained.tail)")
        #expect(try #require(try ExampleRun.summary("test_r2", directory.path("run"))) > 0.9)
    }

    /// Tables that are trained later are refused at once, too.
    @Test(arguments: [
        ["optimizer={lamb: {}}"], ["average={decay: 0.9}"], ["local_sgd={every: 2}"],
        ["optimizer={lamb: {}}", "freeze={parameters: [user, item], until: 5}"],
    ]) func settingsThatChangeAllRowsAreRefused(_ settings: [String]) throws {
        let directory = try TemporaryDirectory()
        let run = ExampleRun("Recommender", "recommender.yaml", Self.small + settings)
        let refused = try run.train(ranks: 1, directory.path("run"))
        #expect(
            refused.status != 0 && refused.output.contains("the sparse table user.weight"), "\(refused.tail)")
        #expect(!FileManager.default.fileExists(atPath: directory.path("run") + "/metrics.jsonl"))
    }

    /// `bench schedule` counts the rows that a batch has used, of both tables: every host receives those of all ranks.
    @Test func predictionsCountTheRowsOfTables() throws {
        let directory = try TemporaryDirectory()
        let json = directory.path("schedule.json")
        let run = ExampleRun("Recommender", "recommender.yaml", Self.small)
        let result = try run.run([
            "bench", "schedule",
            CommandRunner.repository.appendingPathComponent("Examples/Recommender/recommender.yaml").path,
            "--set", "data.ratings.count=20000", "--hosts", "1,4", "--ranks", "2", "--steps", "1",
            "--json", json,
        ])
        #expect(result.status == 0, "\(result.tail)")
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: json)))
        let predictions = try #require(
            (object as? [String: Any])?["predictions"] as? [[String: Any]])
        // Two tables with rows of a number and 16 values of 4 bytes: at most 1,024 users and 500 items.
        let bytes = try #require(predictions[1]["row_bytes"] as? Int)
        #expect((68 * 100...68 * 1524 + 64).contains(bytes), "\(bytes)")
        let seconds = try #require(predictions[1]["rows_seconds"] as? Double)
        // 100 Gbit/s are assumed.
        #expect(seconds > Double(6 * bytes) * 8 / 100e9, "\(seconds)")
        let (one, four) = (
            predictions[0]["bytes_sent"] as? Int ?? 0, predictions[1]["bytes_sent"] as? Int ?? 0
        )
        #expect(one == 0 && four > 6 * bytes, "\(four)")
    }

    /// A file in the format of MovieLens; a rating beyond the tables is named.
    @Test func readsRatingsFromAFile() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path("u.data")
        let ratings = (0..<200).map { "\($0 % 20)\t\($0 % 7)\t\(($0 % 20 + $0 % 7) % 5 + 1)\t88125\($0)" }
        let settings = [
            "data.ratings.file=\(file)", "data.ratings.users=20", "data.ratings.items=7", "batch=64",
        ]
        let run = ExampleRun("Recommender", "recommender.yaml", settings + ["epochs=2"])
        try (["user_id\titem_id\trating\ttimestamp"] + ratings).joined(separator: "\n").write(
            toFile: file, atomically: true, encoding: .utf8)
        let trained = try run.train(ranks: 1, directory.path("run"))
        #expect(trained.status == 0, "\(trained.tail)")

        try (ratings + ["20\t1\t3\t0"]).joined(separator: "\n").write(
            toFile: file, atomically: true, encoding: .utf8)
        let refused = try run.train(ranks: 1, directory.path("other"))
        #expect(refused.status != 0 && refused.output.contains("line 201"), "\(refused.tail)")
    }
}
