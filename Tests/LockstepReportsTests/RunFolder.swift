import Foundation
import LockstepMetrics
import LockstepRunLog

/// A run directory as a run of a few steps leaves it, without heartbeats and checkpoints.
final class RunFolder {
    let path: String

    init(_ name: String = "first", steps: Int = 20, metric: String = "accuracy") throws {
        let parent = FileManager.default.temporaryDirectory.appendingPathComponent("reports-\(UUID())")
        path = parent.appendingPathComponent(name).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let log = try MetricsLog(path: path + "/metrics.jsonl", continuingAfter: 0)
        for step in 1...max(1, steps) where steps > 0 {
            var extras = StepRecord.Extras([metric])
            extras.set(0, 1 - 1 / Double(step))
            try log.log(
                StepRecord(
                    step: step, epoch: 1 + (step - 1) / 10, samples: 32 * step, loss: 1 / Double(step),
                    extras: extras, learningRate: 0.001, gradientNorm: 3 / Double(step),
                    samplesPerSecond: 1000,
                    seconds: Double(step)))
            if step % 10 == 0 {
                try log.log(
                    step: step, epoch: step / 10, samples: 32 * step,
                    [
                        MetricValue("loss", 1.1 / Double(step)), MetricValue(metric, 0.8),
                        MetricValue("macro_f1", 0.7),
                    ],
                    prefix: "validation_")
            }
        }
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path).appendingPathComponent(name))
    }

    deinit {
        try? FileManager.default.removeItem(at: URL(fileURLWithPath: path).deletingLastPathComponent())
    }
}
