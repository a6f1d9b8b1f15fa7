import Foundation
import LockstepMetrics
import LockstepRunLog
import LockstepTraining
import Testing

private let summary = RunSummary(
    steps: 1060, epochs: 5, ranks: 2, hosts: 1, shards: 4, threads: 1, parameters: 535_818,
    finalTrainLoss: 0.23456789, validation: [MetricValue("loss", 0.31), MetricValue("accuracy", 0.8912)],
    test: [MetricValue("loss", 0.33), MetricValue("accuracy", 0.8855), MetricValue("macro_f1", .nan)],
    samplesPerSecond: 41_234.5, seconds: 6.54321, stoppedBecause: .epochs,
    versions: [.init("lockstep", "0.1 \"x\"\n"), .init("onednn", "2.6.3")])

@Suite struct RunSummaryTests {
    @Test func json() throws {
        let folder = try RunLogFolder()
        try summary.write(to: folder.path("summary.json"))
        #expect(
            try folder.text("summary.json") == """
                {
                  "steps": 1060,
                  "epochs": 5,
                  "ranks": 2,
                  "hosts": 1,
                  "shards": 4,
                  "threads": 1,
                  "parameters": 535818,
                  "final_train_loss": 0.23456789,
                  "validation_loss": 0.31,
                  "validation_accuracy": 0.8912,
                  "test_loss": 0.33,
                  "test_accuracy": 0.8855,
                  "test_macro_f1": null,
                  "samples_per_second": 41234.5,
                  "seconds": 6.54321,
                  "stopped_because": "epochs",
                  "versions": {
                    "lockstep": "0.1 \\"x\\"\\n",
                    "onednn": "2.6.3"
                  }
                }

                """)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["summary.json"])
        _ = try JSONSerialization.jsonObject(with: Data(summary.json.utf8))
    }

    @Test func ranksThatOthersWaitFor() throws {
        var slow = summary
        slow.rankSeconds = RankSeconds(minimum: 0.25, median: 0.5, maximum: 0.75, slowestRank: 1)
        #expect(
            slow.json.contains(
                """
                  "samples_per_second": 41234.5,
                  "rank_seconds_minimum": 0.25,
                  "rank_seconds_median": 0.5,
                  "rank_seconds_maximum": 0.75,
                  "slowest_rank": 1,
                  "seconds": 6.54321,

                """), "\(slow.json)")
        slow.straggler = Straggler(
            rank: 1, host: "node", phase: .load, shardSeconds: 0.375, shardSecondsOfOthers: 0.25)
        #expect(
            slow.json.contains(
                """
                  "straggler": {
                    "rank": 1,
                    "host": "node",
                    "phase": "load",
                    "shard_seconds": 0.375,
                    "shard_seconds_of_others": 0.25
                  },

                """), "\(slow.json)")
        let words =
            "rank 1 on node is slower than the others: 375 ms for a shard, the other ranks 250 ms (median); phase load"
        #expect(slow.table.contains(words), "\(slow.table)")
        _ = try JSONSerialization.jsonObject(with: Data(slow.json.utf8))
    }

    @Test func table() {
        #expect(
            summary.table == """
                                      training  validation        test
                loss                    0.2346      0.3100      0.3300
                accuracy                            0.8912      0.8855
                macro f1                                             -

                steps               1,060 in 5 epochs
                ranks               2 on 1 host, 1 thread each; 4 shards
                parameters          535,818
                samples per second  41,235
                time                6.5 s
                stopped because     all epochs are done

                """)
    }

    /// A text has no test set, and its samples are windows.
    @Test func tableOfALanguageModel() {
        var text = summary
        text.validation = [MetricValue("loss", 1.25), MetricValue("bits_per_byte", 1.8)]
        text.test = []
        text.samplesName = "windows"
        text.tokensPerSecond = 5_278_016
        #expect(
            text.table == """
                                      training  validation
                loss                    0.2346      1.2500
                bits per byte                       1.8000

                steps               1,060 in 5 epochs
                ranks               2 on 1 host, 1 thread each; 4 shards
                parameters          535,818
                windows per second  41,235
                tokens per second   5,278,016
                time                6.5 s
                stopped because     all epochs are done

                """)
        text.validation = []
        #expect(
            text.table.hasPrefix("                      training\nloss                    0.2346\n\nsteps"))
        #expect(text.json.contains("\"samples_per_second\": 41234.5"))
    }

    @Test func placesThatCannotBeWritten() throws {
        let folder = try RunLogFolder()
        #expect(throws: RunLogError.self) { try summary.write(to: folder.path("absent/summary.json")) }
        let error = #expect(throws: RunLogError.self) { try summary.write(to: "/dev/null/summary.json") }
        #expect(error?.code == ENOTDIR)
    }

    @Test func wholeLog() throws {
        let folder = try RunLogFolder()
        for rank in 0..<2 {
            let log = try RunLog(
                directory: folder.url.path, rank: rank, style: .quiet, everySteps: 2, totalSteps: 5, epochs: 1
            )
            try log.begin()
            for step in 1...5 {
                try log.step(
                    StepRecord(
                        step: step, epoch: 1, samples: step, loss: 1, learningRate: 1, gradientNorm: 1,
                        samplesPerSecond: 1, seconds: 1))
            }
            try log.evaluation("validation", step: 5, epoch: 1, samples: 5, [MetricValue("loss", 0.25)])
            try log.synchronization()
            try log.finish(summary, directory: folder.url.path)
        }
        #expect(
            try folder.lines("metrics.jsonl").map { $0.prefix(11) } == [
                "{\"step\": 2,", "{\"step\": 4,", "{\"step\": 5,", "{\"step\": 5,", "",
            ])
        #expect(try folder.text("metrics.jsonl").hasSuffix("\"samples\": 5, \"validation_loss\": 0.25}\n"))
        #expect(try folder.text("train.log").contains(" rank 0: validation after step 5:  loss 0.2500\n"))
        #expect(try folder.text("train.log").contains(" rank 0: stopped because     all epochs are done\n"))
    }
}
