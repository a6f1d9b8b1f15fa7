import Foundation
import LockstepContracts
import LockstepDatasets
import LockstepMetrics
import LockstepTensors
import LockstepText

/// Turns a model's outputs into lines of CSV.
package struct PredictionFormat {
    private let task: LearningTask
    private let classNames: [String]
    private let mean: [Double]
    private let deviation: [Double]
    /// The number of digits in each column.
    private let digits: [Int32]
    private let hasTargets: Bool

    /// - Parameter hasTargets: whether the columns of targets are written.
    package init(task: LearningTask, schema: BatchSchema, hasTargets: Bool) {
        self.init(
            task: task, classNames: schema.target.classNames, classes: schema.classes ?? 0,
            mean: schema.target.means, deviation: schema.target.deviations, hasTargets: hasTargets)
    }

    /// - Parameters:
    ///   - classNames: names of the classes; where there are not as many as classes, numbers take their place.
    ///   - mean, deviation: what targets were standardised by.
    ///   - hasTargets: whether the columns of targets are written.
    package init(
        task: LearningTask, classNames: [String], classes: Int, mean: [Double], deviation: [Double],
        hasTargets: Bool
    ) {
        self.task = task
        self.classNames = classNames.count == classes ? classNames : (0..<classes).map { "\($0)" }
        self.mean = mean
        self.deviation = deviation
        // A number that was standardised has seven valid digits; the leading digits that all numbers share come in addition.
        digits = zip(mean, deviation).map { mean, deviation in
            let common = abs(mean) > 256 * deviation ? Int32(log10(abs(mean) / deviation).rounded(.up)) : 0
            return min(17, 7 + common)
        }
        self.hasTargets = hasTargets
    }

    /// The first line.
    package var header: [UInt8] {
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
    package func lines(firstSample: Int, outputs: Tensor, targets: Tensor) -> [UInt8] {
        var buffer = TextBuffer()
        for row in 0..<outputs.shape[0] {
            buffer.append(firstSample + row)
            switch task {
            case .classification(let classes):
                let logits = UnsafeBufferPointer(start: outputs.floats + row * classes, count: classes)
                append(
                    label: hasTargets ? targets.int32s[row] : nil,
                    prediction: ClassificationSums.best(of: outputs.floats + row * classes, classes),
                    Self.softmax(logits), to: &buffer)
            case .binary:
                let logit = outputs.floats[row]
                append(
                    label: hasTargets ? targets.int32s[row] : nil, prediction: logit > 0 ? 1 : 0,
                    [1 / (1 + exp(Double(logit))), 1 / (1 + exp(-Double(logit)))], to: &buffer)
            case .language: brokenContract("PredictionFormat: a text has no predictions")
            case .regression(let width):
                for column in 0..<width {
                    let index = row * width + column
                    let values =
                        hasTargets
                        ? [targets.floats[index], outputs.floats[index]] : [outputs.floats[index]]
                    for value in values {
                        buffer.append(",")
                        append(number: Double(value), column, to: &buffer)
                    }
                }
            }
            buffer.append("\n")
        }
        return buffer.bytes
    }

    /// A number in the data's own units. If it was not standardised and has more than seven digits before the point,
    /// nine are written.
    private func append(number: Double, _ column: Int, to buffer: inout TextBuffer) {
        let isPlain = mean[column] == 0 && deviation[column] == 1
        append(
            number * deviation[column] + mean[column],
            digits: isPlain && abs(number) >= 1e7 ? 9 : digits[column], to: &buffer)
    }

    /// - Parameter prediction: the class that metrics count, decided by logits: probabilities may be equal after rounding.
    private func append(
        label: Int32?, prediction: Int, _ probabilities: [Double], to buffer: inout TextBuffer
    ) {
        if let label {
            buffer.append(",")
            buffer.append(Self.quoted(classNames[Int(label)]))
        }
        buffer.append(",")
        buffer.append(Self.quoted(classNames[prediction]))
        for probability in probabilities {
            buffer.append(",")
            append(probability, to: &buffer)
        }
    }

    /// Nine digits give the same 32-bit number when read back.
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
    package static func quoted(_ field: String) -> String {
        guard field.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return field }
        return "\"" + field.replacing("\"", with: "\"\"") + "\""
    }
}
