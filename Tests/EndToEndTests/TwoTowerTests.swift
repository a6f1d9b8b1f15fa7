import Foundation
import Testing

/// The example with a custom data set, task, metric and schedule.
@Suite(.serialized) struct TwoTowerTests {
    @Test func sameBitsOnAnyNumberOfRanksAndAfterAResume() throws {
        let settings = ["max_steps=12", "data.two_views.test_pairs=60", "log_every_steps=3"]
        let run = ExampleRun("TwoTower", "two-tower.yaml", settings)
        #expect(try run.differences(TemporaryDirectory(), stopAfter: 5) == [])
    }

    @Test func findsThePartnerOfAPairThatIsNew() throws {
        let directory = try TemporaryDirectory()
        let run = ExampleRun("TwoTower", "two-tower.yaml")
        let trained = try run.train(ranks: 2, directory.path("run"))
        #expect(trained.status == 0, "\(trained.tail)")
        let recall = try #require(try ExampleRun.summary("test_recall_at_1", directory.path("run")))
        #expect(recall >= 0.9)
        let ten = try #require(try ExampleRun.summary("test_recall_at_10", directory.path("run")))
        #expect(ten >= recall)

        let evaluated = try run.run(["evaluate", directory.path("run")])
        #expect(evaluated.status == 0 && evaluated.output.contains("recall at 1"), "\(evaluated.tail)")

        // The metric is that of the predictions.
        let file = directory.path("embeddings.csv")
        let predicted = try run.run(ranks: 3, ["predict", directory.path("run"), "--output", file])
        #expect(predicted.status == 0, "\(predicted.tail)")
        let rows = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").dropFirst().map {
            $0.split(separator: ",").dropFirst().compactMap { Float($0) }
        }
        #expect(rows.count == 500 && rows.allSatisfy { $0.count == 64 })
        let hits = rows.indices.count { i in
            let scores = rows.indices.map { j in
                (0..<32).reduce(Float(0)) { $0 + rows[i][$1] * rows[j][32 + $1] }
            }
            return scores.indices.allSatisfy { $0 == i || scores[$0] < scores[i] }
        }
        #expect(abs(Double(hits) / 500 - recall) < 0.0041)
    }

    @Test func theScheduleOfTheProgramIsAKey() throws {
        let result = try ExampleRun("TwoTower", "two-tower.yaml").run(["keys"])
        #expect(result.output.contains("inverse_square_root") && result.output.contains("two_views"))
    }
}
