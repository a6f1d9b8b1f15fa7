import LockstepContracts
import LockstepReaders
import LockstepTensors

/// The constants of the steps of sequences in a checkpoint; those of their targets are in `DataConstants`.
struct SequenceConstants: Codable, Sendable, Equatable {
    /// The name of this value among the constants of a data set.
    static let name = "sequences"

    /// The length of the longest sequence, training and test.
    var longest: Int
    /// The number of features of a step.
    var features: Int
    /// Means and standard deviations of the training steps.
    var inputs: InputScaling.Statistics
    /// How numbers are converted to 32 bits; nil for plain rounding.
    var narrowing: NumberNarrowing?

    /// An inconsistency between the values; nil if there is none.
    var inconsistency: String? {
        guard (1...1 << 24).contains(longest), (1...1 << 24).contains(features),
            longest.multipliedReportingOverflow(by: features).partialValue <= Int(Int32.max)
        else { return "sequences of \(longest) steps of \(features) numbers are impossible" }
        let groups = inputs.means.count
        guard groups == 0 || features % groups == 0,
            inputs.deviations.isEmpty || inputs.deviations.count == groups,
            inputs.means.allSatisfy(\.isFinite), inputs.deviations.allSatisfy({ $0.isFinite && $0 >= 0 })
        else { return "means and deviations do not fit \(features) numbers" }
        return nil
    }

    /// The fields of such sequences.
    /// - Parameter samples: the constants of their targets.
    func schema(_ samples: DataConstants) -> BatchSchema {
        BatchSchema([
            BatchField("input", Shape(longest, features), isVarying: true),
            samples.schema.fields[1],
        ])
    }
}

extension DatasetConstants {
    /// The constants of the steps of sequences; nil for everything else.
    /// - Throws: `DatasetConstantsError` for values that are inconsistent or have another type.
    func ofSequences() throws -> SequenceConstants? {
        let constants: SequenceConstants?
        do {
            constants = try get(SequenceConstants.name, as: SequenceConstants.self)
        } catch {
            throw DatasetConstantsError(name: SequenceConstants.name, reason: "\(error)")
        }
        if let reason = constants?.inconsistency {
            throw DatasetConstantsError(name: SequenceConstants.name, reason: reason)
        }
        return constants
    }

    /// The fields of sequences; nil if the constants do not have them.
    var sequenceSchema: BatchSchema? {
        get throws {
            guard let samples = try ofSamples(), let sequences = try ofSequences() else { return nil }
            return sequences.schema(samples)
        }
    }
}
