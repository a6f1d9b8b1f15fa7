import LockstepContracts

/// A split in its own order, in blocks, for evaluation and prediction. Nothing is random.
public final class EvaluationSplit {
    /// The data.
    public let dataset: any Dataset
    /// The split.
    public let split: DatasetSplit
    /// The number of samples.
    public let count: Int
    private var memory: BatchMemory
    private let readsAhead: Bool
    private let tensors: FieldTensors

    /// A split of a data set.
    public init(_ dataset: any Dataset, _ split: DatasetSplit) {
        self.dataset = dataset
        self.split = split
        count = dataset.count(of: split)
        readsAhead = dataset.readAheadByteCount > 0
        memory = BatchMemory(dataset.schema, rows: 0)
        tensors = FieldTensors(dataset.schema)
    }

    /// Whether its samples have targets; otherwise the targets of blocks are zeros.
    public var hasTargets: Bool { dataset.hasTargets(split) }

    /// Samples `range`; valid until the next call.
    public func block(_ range: Range<Int>) -> FieldTensors {
        contract(
            range.lowerBound >= 0 && range.upperBound <= count,
            "EvaluationSplit: samples \(range) of \(count)")
        if memory.capacity < range.count { memory = BatchMemory(dataset.schema, rows: range.count) }
        if readsAhead { for sample in range { dataset.readAhead(sample, of: split) } }
        for (row, sample) in range.enumerated() {
            memory.write(sample, of: split, from: dataset, row: row, draws: nil)
        }
        memory.finish(0..<range.count, into: tensors)
        tensors.first = range.lowerBound
        return tensors
    }
}
