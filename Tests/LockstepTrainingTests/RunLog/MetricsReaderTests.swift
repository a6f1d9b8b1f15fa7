import Foundation
import LockstepMetrics
import LockstepRunLog
import Testing

/// `metrics.jsonl` read as it is written, also while that goes on.
@Suite struct MetricsReaderTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("reader-\(UUID())")
    private var path: String { folder.path + "/metrics.jsonl" }

    private func withFolder(_ body: () throws -> Void) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body()
    }

    private func record(_ step: Int, seconds: Double = 1) -> StepRecord {
        var extras = StepRecord.Extras(["accuracy"])
        extras.set(0, 0.5)
        return StepRecord(
            step: step, epoch: 1, samples: 10 * step, loss: 1 / Double(step), extras: extras,
            learningRate: 0.1,
            gradientNorm: .infinity, samplesPerSecond: 100, seconds: seconds)
    }

    @Test func recordsComeBackInTheirOrder() throws {
        try withFolder {
            let log = try MetricsLog(path: path, continuingAfter: 0)
            try log.log(record(3))
            try log.log(step: 3, epoch: 1, samples: 30, [MetricValue("loss", 0.25)], prefix: "validation_")
            let history = try RunHistory(directory: folder.path)
            #expect(history.steps.map(\.step) == [3] && history.evaluations.map(\.step) == [3])
            #expect(
                history.stepNames == [
                    "epoch", "samples", "loss", "accuracy", "learning_rate", "gradient_norm",
                    "samples_per_second", "seconds",
                ])
            #expect(history.steps[0]["loss"] == 1.0 / 3)
            #expect(history.steps[0]["gradient_norm"]?.isNaN == true)
            #expect(history.metricNames == ["loss"])
            #expect(history.evaluationValues("loss", of: "validation", over: .samples).map(\.x) == [30])
        }
    }

    @Test func linesThatGrowAreReadWhenTheyAreComplete() throws {
        try withFolder {
            let reader = MetricsReader(run: folder.path)
            #expect(throws: (any Error).self) { try reader.poll() }
            let file = try AppendFile(path)
            func append(_ text: String) throws {
                try Array(text.utf8).withUnsafeBytes { try file.append($0) }
            }
            try append("{\"step\": 1, \"loss\": 2.5}\n{\"step\": 2, \"lo")
            #expect(try reader.poll() && reader.records.map(\.step) == [1])
            #expect(try !reader.poll())
            try append("ss\": null}\nno record\n")
            #expect(try reader.poll() && reader.records.map(\.step) == [1, 2] && reader.unreadable == 1)
            #expect(reader.records[1]["loss"]?.isNaN == true)
        }
    }

    @Test func aFileThatIsCutIsReadAnew() throws {
        try withFolder {
            let reader = MetricsReader(run: folder.path)
            let log = try MetricsLog(path: path, continuingAfter: 0)
            for step in 1...5 { try log.log(record(step)) }
            try reader.poll()
            #expect(reader.records.count == 5)
            let resumed = try MetricsLog(path: path, continuingAfter: 2)
            try reader.poll()
            #expect(reader.records.map(\.step) == [1, 2])
            try resumed.log(record(3))
            try reader.poll()
            #expect(reader.records.map(\.step) == [1, 2, 3])
        }
    }

    @Test func secondsOfResumedPartsAddUp() throws {
        try withFolder {
            let log = try MetricsLog(path: path, continuingAfter: 0)
            for (step, seconds) in [(1, 10.0), (2, 20), (3, 5), (4, 15)] {
                try log.log(record(step, seconds: seconds))
            }
            try log.log(step: 4, epoch: 1, samples: 40, [MetricValue("loss", 0.25)], prefix: "validation_")
            let history = try RunHistory(directory: folder.path)
            #expect(history.stepValues("loss", over: .seconds).map(\.x) == [10, 20, 25, 35])
            #expect(history.evaluationValues("loss", of: "validation", over: .seconds).map(\.x) == [35])
        }
    }

    @Test(arguments: [
        "{\"step\": 1}x", "{\"step\": -1}", "{\"loss\": 1}", "{\"step\": 1, \"loss\": \"a\"}", "[]", "{}",
        "{\"step\": 1, \"loss\"}", "{\"", "{\"step\": 99999999999999999999}",
    ]) func otherLinesAreNoRecords(line: String) throws {
        try withFolder {
            try Data((line + "\n").utf8).write(to: URL(fileURLWithPath: path))
            let reader = MetricsReader(run: folder.path)
            try reader.poll()
            #expect(reader.records.isEmpty && reader.unreadable == 1)
        }
    }
}
