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
