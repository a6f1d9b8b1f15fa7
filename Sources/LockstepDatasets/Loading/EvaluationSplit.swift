import LockstepTensors

/// A set in its order, in blocks: for evaluation and prediction. Nothing is drawn at random.
public final class EvaluationSplit {
    /// The number of samples.
    public let count: Int
    private let dataset: PreparedDataset
    private let part: PreparedDataset.Part
    private var inputs: Storage?
    private var targets: Storage?

    /// What a standardised target is multiplied with to be in the data's own units, for each value.
    public var targetDeviation: [Float] { dataset.targetDeviation }

    /// A set of a data set.
    public init(_ dataset: PreparedDataset, _ part: PreparedDataset.Part) {
        self.dataset = dataset
        self.part = part
        count = dataset.count(part)
    }

    /// Samples `range`: inputs [n, sample shape...] and targets [n] or [n, width]; valid until the next call.
    public func batch(_ range: Range<Int>) -> (inputs: Tensor, targets: Tensor) {
        let shape = dataset.sampleShape.prepending(range.count)
        let size = dataset.sampleShape.elementCount
        let inputMemory = Self.memory(&inputs, shape.elementCount * 4)
        let targetMemory = Self.memory(&targets, range.count * dataset.targetWidth * 4)
        for (row, index) in range.enumerated() {
            let (data, sample) = dataset.place(part, index)
            dataset.writeInputs(
                data, sample, to: inputMemory.address.assumingMemoryBound(to: Float.self) + row * size)
            dataset.writeTarget(data, sample, to: targetMemory.address, index: row)
        }
        let isClasses = dataset.classes != nil
        return (
            Tensor(storage: inputMemory, byteOffset: 0, shape: shape, dtype: .float32),
            Tensor(
                storage: targetMemory, byteOffset: 0,
                shape: isClasses ? Shape(range.count) : Shape(range.count, dataset.targetWidth),
                dtype: isClasses ? .int32 : .float32)
        )
    }

    private static func memory(_ kept: inout Storage?, _ byteCount: Int) -> Storage {
        if let storage = kept, storage.byteCount >= byteCount { return storage }
        let storage = Storage(byteCount: byteCount)
        kept = storage
        return storage
    }
}
