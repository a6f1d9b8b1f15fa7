import Foundation
import LockstepMetrics
import LockstepRunLog
import LockstepTrackers

/// A run directory and what trackers are told of it.
final class TrackedFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("tracked-\(UUID())").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func run(after step: Int = 0, repeatsEvaluation: Bool = false) -> TrackedRun {
        TrackedRun(
            directory: path, step: step, repeatsEvaluation: repeatsEvaluation, configuration: "batch: 32\n",
            parameters: [("batch", "32"), ("optimizer.adam.learning_rate", "0.001"), ("clip", "none")])
    }

    func record(_ step: Int) -> StepRecord {
        StepRecord(
            step: step, epoch: 1, samples: 32 * step, loss: 1 / Double(step), learningRate: 0.001,
            gradientNorm: step == 2 ? .nan : 2, samplesPerSecond: 1000, seconds: Double(step))
    }

    func evaluation(_ set: String, _ step: Int, _ loss: Double = 0.5) -> TrackedEvaluation {
        TrackedEvaluation(
            set: set, step: step, epoch: 1, samples: 32 * step,
            values: [MetricValue("loss", loss), MetricValue("accuracy", 0.75)])
    }

    /// Three steps, an evaluation after the second and the third, and the end; then a resume after the second step.
    func trainAndResume(_ make: () -> any Tracker) throws {
        let first = make()
        try first.begin(run())
        for step in 1...3 {
            try first.step(record(step))
            if step > 1 { try first.evaluation(evaluation("validation", step)) }
        }
        try first.evaluation(evaluation("test", 3))
        let second = make()
        try second.begin(run(after: 2))
        for step in 3...4 { try second.step(record(step)) }
        try second.evaluation(evaluation("validation", 4, 0.25))
    }

    func text(_ name: String) throws -> String {
        try String(contentsOfFile: path + "/" + name, encoding: .utf8)
    }
}
