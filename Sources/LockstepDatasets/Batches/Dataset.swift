/// A split of the data.
public enum DatasetSplit: String, Sendable, CaseIterable {
    /// The data for training, without the validation split.
    case training
    /// The part of the training data that is held back.
    case validation
    /// Data that training never uses.
    case test
}

/// Data to train with: defines the fields of a sample, and writes samples.
///
/// ```swift
/// struct Pairs: Dataset {
///     let schema = BatchSchema([
///         BatchField("left", Shape(16)), BatchField("right", Shape(16), role: .target),
///     ])
///     func count(of split: DatasetSplit) -> Int { split == .training ? 10_000 : 1_000 }
///     func write(_ sample: Int, of split: DatasetSplit, into row: BatchRow, draws: SampleDraws?) {
///         let (left, right) = (row.floats(0), row.floats(1))
///         ...
///     }
///     var fingerprint: String { "pairs 1" }
/// }
/// ```
public protocol Dataset: Sendable {
    /// The named fields of a sample.
    var schema: BatchSchema { get }

    /// The number of samples of a split; 0 if there is no such split.
    func count(of split: DatasetSplit) -> Int

    /// Writes one sample into a row of a batch. Called by several threads at once.
    /// - Parameters:
    ///   - sample: its number in the split, from 0.
    ///   - draws: keys for random augmentation of the sample; nil for evaluation and prediction, which do not augment.
    func write(_ sample: Int, of split: DatasetSplit, into row: BatchRow, draws: SampleDraws?)

    /// A text that is equal for equal training data. A resume with other data is refused.
    var fingerprint: String { get }

    /// The constants that the training split determines (means, vocabularies, classes). Checkpoints store them, so that
    /// evaluation needs no training data.
    var constants: DatasetConstants { get }

    /// Whether the samples of a split have their targets; otherwise target fields are zeros.
    func hasTargets(_ split: DatasetSplit) -> Bool

    /// The class of a training sample, from the first target field with classes; nil if there is none.
    func label(ofTraining sample: Int) -> Int?

    /// The number of training samples of each class; empty without classes.
    var classCounts: [Int] { get }

    /// What samples are called, in the plural.
    var samplesName: String { get }

    /// The name of a sample, such as its file, for the column `file` of predictions; nil if samples have no names.
    func name(of sample: Int, in split: DatasetSplit) -> String?

    /// The names of the columns of predictions that `identifiers` fills; none by default.
    var identifierNames: [String] { get }

    /// The texts of a sample for its line of predictions, one for each of `identifierNames`.
    func identifiers(of sample: Int, in split: DatasetSplit) -> [String]

    /// The number of bytes of samples that may be read ahead: the loader calls `readAhead` for the samples of the
    /// next steps. 0, the default, for data in memory.
    var readAheadByteCount: Int { get }

    /// Begins to read a sample that will be written soon, and returns at once. Called by several threads.
    func readAhead(_ sample: Int, of split: DatasetSplit)

    /// The error of a call of `write`, such as a damaged file that is only read then; nil if there was none. It ends the
    /// run before the sample is used: training and evaluation check it after each batch.
    var failure: (any Error)? { get }

    /// Warnings about the data, which one rank prints.
    var warnings: [String] { get }

    /// Warnings about this host, such as a cache that cannot be written.
    var hostWarnings: [String] { get }
}

extension Dataset {
    public var constants: DatasetConstants { DatasetConstants() }
    public func hasTargets(_ split: DatasetSplit) -> Bool { true }
    public func label(ofTraining sample: Int) -> Int? { nil }
    public var samplesName: String { "samples" }
    public func name(of sample: Int, in split: DatasetSplit) -> String? { nil }
    public var identifierNames: [String] { [] }
    public func identifiers(of sample: Int, in split: DatasetSplit) -> [String] { [] }
    public var readAheadByteCount: Int { 0 }
    public func readAhead(_ sample: Int, of split: DatasetSplit) {}
    public var failure: (any Error)? { nil }
    public var warnings: [String] { [] }
    public var hostWarnings: [String] { [] }

    public var classCounts: [Int] {
        guard let classes = schema.indices(.target).lazy.compactMap({ schema.fields[$0].classes }).first,
            count(of: .training) > 0, label(ofTraining: 0) != nil
        else { return [] }
        var counts = [Int](repeating: 0, count: classes)
        for sample in 0..<count(of: .training) {
            if let label = label(ofTraining: sample), counts.indices ~= label { counts[label] += 1 }
        }
        return counts
    }
}
