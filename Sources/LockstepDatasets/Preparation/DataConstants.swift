import LockstepReaders
import LockstepTensors

/// The constants that the training split determines for all data of a trained network: the shape of samples, the classes, and
/// the constants of normalization. Checkpoints store them, so that using a network needs no training data.
public struct DataConstants: Codable, Sendable, Equatable {
    var sampleExtents: [Int]
    var inputType: DecodedPart.InputType
    var inputs: InputScaling.Statistics
    /// 0 for class labels, otherwise the number of values of a target.
    var targetWidth: Int
    var targets: TargetScaling
    /// The number of training samples of each class; empty for numeric targets.
    var classCounts: [Int]
    /// The names of the classes; empty if unknown.
    var classNames: [String]
    /// The roles of the columns of a table, with the categories of each.
    var columns: CSVColumns?
    /// How numbers are converted to 32 bits; nil for plain rounding.
    public var narrowing: DataNarrowing?

    /// The shape of a sample.
    public var sampleShape: Shape { Shape(sampleExtents) }
    /// The number of classes; nil for numeric targets.
    public var classes: Int? { classCounts.isEmpty ? nil : classCounts.count }
    /// The number of values of a target; 1 for classes.
    public var outputs: Int { max(1, targetWidth) }

    /// The constants that affect how a test set is read.
    var testFormat: TestFormat {
        TestFormat(
            classes: classes ?? 0, targetWidth: targetWidth, classNames: classNames, columns: columns,
            narrowing: narrowing ?? DataNarrowing())
    }

    /// Checks that samples have the format of the training data.
    func requireFit(_ part: DecodedDataset, classes: Int, file: String?) throws(DatasetError) {
        let advice = "give data in the format of the training data"
        let type: DecodedPart.InputType = part.inputType == .uint8 ? .uint8 : .float32
        guard part.sampleShape == sampleShape, type == inputType else {
            throw DatasetError(
                .mismatch, file,
                "samples are \(part.sampleShape) \(type), but the network was trained on \(sampleShape) \(inputType)",
                advice: advice)
        }
        guard part.targetWidth == targetWidth, classes == classCounts.count else {
            func text(_ classes: Int, _ width: Int) -> String {
                classes > 0 ? "\(classes) classes" : "\(width) values"
            }
            throw DatasetError(
                .mismatch, file,
                "targets are \(text(classes, part.targetWidth)), but the network was trained on "
                    + text(classCounts.count, targetWidth), advice: advice)
        }
    }
}

extension DataConstants {
    /// The name of this value among the constants of a data set.
    static let name = "data"

    /// The fields `input` and `target` of such samples.
    var schema: BatchSchema {
        let input = BatchField("input", sampleShape)
        let weight =
            columns?.hasWeight == true ? [BatchField("weight", Shape(), role: .weight)] : []
        if let classes {
            return BatchSchema(
                [
                    input,
                    BatchField(
                        "target", Shape(), .int32, role: .target, classes: classes, classCounts: classCounts,
                        classNames: classNames),
                ] + weight)
        }
        // Several labels have names, but no units.
        return BatchSchema(
            [
                input,
                BatchField(
                    "target", Shape(targetWidth), role: .target, classes: classNames.isEmpty ? nil : 2,
                    classNames: classNames, units: classNames.isEmpty ? targetUnits : []),
            ] + weight)
    }

    /// The units of numeric targets.
    private var targetUnits: [BatchField.Units] {
        targets.mean.indices.map { value in
            let mean = Double(targets.mean[value])
            return BatchField.Units(
                mean: narrowing?.targets?.widen(mean, column: value) ?? mean,
                deviation: Double(targets.deviation[value]) / (narrowing?.targets?.factors[value] ?? 1))
        }
    }
}

extension DatasetConstants {
    /// The constants of a checkpoint; nil for texts, and in checkpoints of early versions.
    /// - Throws: `DatasetConstantsError` for values that are inconsistent or have another type.
    func ofSamples() throws -> DataConstants? {
        let constants: DataConstants?
        do {
            constants = try get(DataConstants.name, as: DataConstants.self)
        } catch {
            throw DatasetConstantsError(name: DataConstants.name, reason: "\(error)")
        }
        if let reason = constants?.inconsistency {
            throw DatasetConstantsError(name: DataConstants.name, reason: reason)
        }
        return constants
    }
}
