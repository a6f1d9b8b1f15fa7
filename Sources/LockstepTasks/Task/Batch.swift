import LockstepAutograd
import LockstepContracts
import LockstepDatasets
import LockstepTensors

/// The samples of one shard, or of one block of an evaluation, on a tape.
///
/// Fields are accessed by number; a task looks up the numbers by name once, when it is built
/// (`TaskContext.field`).
public final class Batch {
    /// The tape of the forward pass, with the mode, the precision and the keys of random draws.
    public let tape: Tape
    /// Whether the samples have targets; otherwise target fields are zeros.
    public private(set) var hasTargets = true
    /// The tensors of the fields.
    public private(set) var fields: FieldTensors
    /// The sums added by `record`.
    package private(set) var stepSums = SIMD4<Double>.zero

    /// Makes a batch; `begin` replaces its samples.
    package init(_ fields: FieldTensors, tape: Tape) {
        self.fields = fields
        self.tape = tape
    }

    /// Replaces the samples.
    package func begin(_ fields: FieldTensors, hasTargets: Bool = true) {
        self.fields = fields
        self.hasTargets = hasTargets
        stepSums = .zero
    }

    /// The number of samples, n.
    public var count: Int { fields.count }

    /// A field as a variable without gradient: [n, shape...]; of a varying field [n, longest, rest of
    /// shape...].
    public subscript(field: Int) -> Variable { tape.constant(fields[field]) }

    /// The tensor of a field; same shape.
    public func tensor(_ field: Int) -> Tensor { fields[field] }

    /// The lengths of a varying field: int32 [n].
    public func lengths(_ field: Int) -> Tensor {
        guard let lengths = fields.lengths[field] else {
            brokenContract("Batch: the field '\(fields.schema.fields[field].name)' has a fixed length")
        }
        return lengths
    }

    /// Adds to one of the sums that the phase's steps log.
    /// - Parameters:
    ///   - number: the position of its name in `TrainingPhase.sums`; the number of names for the sum of the weights.
    ///   - sum: the sum over the batch's samples; the log shows the sum over all shards, divided by the
    ///     number of samples or, with `TrainingPhase.isWeighted`, by the sum of their weights.
    public func record(_ number: Int, sum: Double) {
        contract(0..<4 ~= number, "Batch: a step has at most 4 sums, so \(number) is not in 0...3")
        stepSums[number] += sum
    }
}
