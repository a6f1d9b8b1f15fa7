import Foundation
import LockstepContracts
import LockstepDatasets
import LockstepTensors

/// Turns a model's outputs into lines of CSV.
struct PredictionFormat {
    private let task: LearningTask
    private let classNames: [String]
    private let mean: [Float]
    private let deviation: [Float]
    private let hasTargets: Bool

    /// - Parameter hasTargets: whether the columns of targets are written.
    init(task: LearningTask, dataset: PreparedDataset, hasTargets: Bool) {
        self.init(
            task: task, classNames: dataset.classNames, classes: dataset.classes ?? 0,
            mean: dataset.targetMean,
            deviation: dataset.targetDeviation, hasTargets: hasTargets)
    }

    /// - Parameters:
    ///   - classNames: names of the classes; where there are not as many as classes, numbers take their place.
    ///   - mean, deviation: what targets were standardised by.
    ///   - hasTargets: whether the columns of targets are written.
    init(
        task: LearningTask, classNames: [String], classes: Int, mean: [Float], deviation: [Float],
        hasTargets: Bool
    ) {
        self.task = task
        self.classNames = classNames.count == classes ? classNames : (0..<classes).map { "\($0)" }
        self.mean = mean
        self.deviation = deviation
        self.hasTargets = hasTargets
    }

    /// The first line.
    var header: [UInt8] {
        var columns = ["sample"]
        let words = hasTargets ? ["target", "prediction"] : ["prediction"]
        switch task {
        case .classification, .binary: columns += words + classNames.map { "probability \($0)" }
        case .regression(1): columns += words
        case .language: brokenContract("PredictionFormat: a text has no predictions")
        case .regression(let outputs):
            columns += (0..<outputs).flatMap { output in words.map { "\($0) \(output)" } }
        }
        return Array((columns.map(Self.quoted).joined(separator: ",") + "\n").utf8)
    }

    /// The lines of a block. Shapes: outputs [n, K]; targets [n] of classes, or [n, K] of numbers.
    func lines(firstSample: Int, outputs: Tensor, targets: Tensor) -> [UInt8] {
        var buffer = TextBuffer()
        for row in 0..<outputs.shape[0] {
            buffer.append(firstSample + row)
            switch task {
            case .classification(let classes):
                let logits = UnsafeBufferPointer(start: outputs.floats + row * classes, count: classes)
                append(
                    label: hasTargets ? targets.int32s[row] : nil, Self.softmax(logits), to: &buffer)
            case .binary:
                let one = 1 / (1 + exp(-Double(outputs.floats[row])))
                append(label: hasTargets ? targets.int32s[row] : nil, [1 - one, one], to: &buffer)
            case .language: brokenContract("PredictionFormat: a text has no predictions")
            case .regression(let width):
                for column in 0..<width {
                    let index = row * width + column
                    let values =
                        hasTargets
                        ? [targets.floats[index], outputs.floats[index]] : [outputs.floats[index]]
                    for value in values {
                        buffer.append(",")
                        append(
                            Double(value) * Double(deviation[column]) + Double(mean[column]), digits: 7,
                            to: &buffer)
                    }
                }
            }
            buffer.append("\n")
        }
        return buffer.bytes
    }

    private func append(label: Int32?, _ probabilities: [Double], to buffer: inout TextBuffer) {
        var best = 0
        for index in probabilities.indices where probabilities[index] > probabilities[best] { best = index }
        if let label {
            buffer.append(",")
            buffer.append(Self.quoted(classNames[Int(label)]))
        }
        buffer.append(",")
        buffer.append(Self.quoted(classNames[best]))
        for probability in probabilities {
            buffer.append(",")
            append(probability, to: &buffer)
        }
    }

    /// Nine digits read back as the same 32-bit number; seven are what is left of one that was standardised before.
    private func append(_ value: Double, digits: Int32 = 9, to buffer: inout TextBuffer) {
        if value.isFinite { buffer.append(value, digits: digits) } else { buffer.append("nan") }
    }

    /// exp(x - max) / sum, in double.
    private static func softmax(_ logits: UnsafeBufferPointer<Float>) -> [Double] {
        let highest = Double(logits.max() ?? 0)
        let powers = logits.map { exp(Double($0) - highest) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }

    /// A field in quotes where it needs them (RFC 4180).
    static func quoted(_ field: String) -> String {
        guard field.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return field }
        return "\"" + field.replacing("\"", with: "\"\"") + "\""
    }
}
