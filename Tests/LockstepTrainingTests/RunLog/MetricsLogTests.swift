import Foundation
import LockstepCheckpoints
import LockstepMetrics
import LockstepRunLog
import LockstepTraining
import Testing

private func record(_ step: Int, loss: Double = 0.5) -> StepRecord {
    StepRecord(
        step: step, epoch: 1, samples: step * 4, loss: loss, learningRate: 0.1, gradientNorm: 1.0 / 3,
        samplesPerSecond: 100, seconds: 1)
}

@Suite struct MetricsLogTests {
    @Test func linesAreExactAndOrdered() throws {
        let folder = try RunLogFolder()
        let log = try MetricsLog(path: folder.path("metrics.jsonl"), continuingAfter: 0)
        var extras = StepRecord.Extras(["accuracy", "kl"])
        extras.set(0, 0.75)
        try log.log(
            StepRecord(
                step: 10, epoch: 2, samples: 2560, loss: 0.1 + 0.2, extras: extras, learningRate: 1e-3,
                gradientNorm: 1.0e-300, samplesPerSecond: 12345,
                rankSeconds: RankSeconds(minimum: 0.25, median: 0.5, maximum: 0.75, slowestRank: 3),
                seconds: 1.5))
        try log.log(record(11, loss: .infinity))
        try log.log(
            step: 11, epoch: 2, samples: 2816, [MetricValue("loss", 2.5), MetricValue("r2", .nan)],
            prefix: "test_")
        try log.synchronization()
        #expect(
            try folder.text("metrics.jsonl")
                == """
                {"step": 10, "epoch": 2, "samples": 2560, "loss": 0.30000000000000004, "accuracy": 0.75, \
                "learning_rate": 0.001, "gradient_norm": 1e-300, "samples_per_second": 12345, \
                "rank_seconds_minimum": 0.25, "rank_seconds_median": 0.5, "rank_seconds_maximum": 0.75, \
                "slowest_rank": 3, "seconds": 1.5}
                {"step": 11, "epoch": 1, "samples": 44, "loss": null, "learning_rate": 0.1, \
                "gradient_norm": 0.3333333333333333, "samples_per_second": 100, "seconds": 1}
                {"step": 11, "epoch": 2, "samples": 2816, "test_loss": 2.5, "test_r2": null}

                """)
    }

    @Test func numbersReadBackAsTheSameBits() throws {
        let folder = try RunLogFolder()
        let log = try MetricsLog(path: folder.path("metrics.jsonl"), continuingAfter: 0)
        // A spread over all exponents: bits from a multiplicative sequence.
        var bits: UInt64 = 1
        var values: [Double] = []
        while values.count < 2000 {
            bits = bits &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let value = Double(bitPattern: bits)
            if value.isFinite { values.append(value) }
        }
        for (index, value) in values.enumerated() { try log.log(record(index + 1, loss: value)) }
        struct Line: Decodable {
            let loss: Double
        }
        let lines = try folder.lines("metrics.jsonl").dropLast()
        #expect(lines.count == values.count)
        for (line, value) in zip(lines, values) {
            let loss = try JSONDecoder().decode(Line.self, from: Data(line.utf8)).loss
            #expect(loss.bitPattern == value.bitPattern)
        }
    }

    @Test func continuationCutsLaterLines() throws {
        let folder = try RunLogFolder()
        let path = folder.path("metrics.jsonl")
        var log = try MetricsLog(path: path, continuingAfter: 0)
        for step in 1...5 { try log.log(record(step)) }
        try log.log(step: 3, epoch: 1, samples: 0, [], prefix: "")
        log = try MetricsLog(path: path, continuingAfter: 3)
        // Three steps, and the evaluation that came later.
        #expect(try folder.lines("metrics.jsonl").count == 4 + 1)
        try log.log(record(4, loss: 7))
        #expect(
            try folder.lines("metrics.jsonl")[4].contains(
                "\"step\": 4, \"epoch\": 1, \"samples\": 16, \"loss\": 7,"))
        _ = try MetricsLog(path: path, continuingAfter: 0)
        #expect(try folder.text("metrics.jsonl").isEmpty)
    }

    @Test func placesThatCannotBeWritten() throws {
        let folder = try RunLogFolder()
        try Data().write(to: folder.url.appending(path: "file"))
        let error = #expect(throws: RunLogError.self) {
            try MetricsLog(path: folder.path("file/metrics.jsonl"), continuingAfter: 0)
        }
        #expect(error?.code == ENOTDIR)
        #expect(
            error?.description
                == "\(folder.path("file/metrics.jsonl")) cannot be opened: Not a directory; a part of the path is a file; "
                + "choose another place with --run-dir")
    }

    /// Another place does not help against a limit of the process.
    @Test func theLimitOfOpenFiles() throws {
        let text = RunLogError("run/train.log", "cannot be opened", code: EMFILE).description
        #expect(
            text
                == "run/train.log cannot be opened: Too many open files; raise the limit of open files (ulimit -n)"
        )
        let error = CheckpointError.system(operation: "open", path: "run/lock", code: EMFILE).description
        #expect(
            error.contains("Raise the limit of open files (ulimit -n), then continue with --resume."),
            "\(error)")
    }

    @Test func fullDisk() throws {
        let log = try MetricsLog(path: "/dev/full", continuingAfter: 0)
        let error = #expect(throws: RunLogError.self) { try log.log(record(1)) }
        #expect(error?.code == ENOSPC)
    }
}
