import LockstepTensors

/// A set in its order, in blocks: for evaluation and prediction. Nothing is drawn at random.
public final class EvaluationSplit {
    /// The number of samples.
    public let count: Int
    private let dataset: PreparedDataset
    private let part: PreparedDataset.Part
    /// The windows of a text's part that is held back; nil for everything else.
    private let evaluation: EvaluationWindows?
    private var inputs: Storage?
    private var targets: Storage?

    /// What a standardised target is multiplied with to be in the data's own units, for each value.
    public var targetDeviation: [Float] { dataset.targetDeviation.map(Float.init) }

    /// Whether its samples have targets; otherwise those of batches are zeros.
    public var hasTargets: Bool { dataset.hasTargets(part) }

    /// A set of a data set.
    /// - Parameter stride: of a text's part that is held back: how far each window moves on, 1...context; nil for windows that
    ///   do not overlap.
    public init(_ dataset: PreparedDataset, _ part: PreparedDataset.Part, stride: Int? = nil) {
        self.dataset = dataset
        self.part = part
        evaluation = part == .validation ? dataset.windows?.evaluation(stride: stride) : nil
        count = evaluation?.count ?? dataset.count(part)
    }

    /// Samples `range`: inputs [n, sample shape...] and targets [n] or [n, width]; of a text both int32 [n, context]. Valid
    /// until the next call.
    public func batch(_ range: Range<Int>) -> (inputs: Tensor, targets: Tensor) {
        let shape = dataset.sampleShape.prepending(range.count)
        let size = dataset.sampleShape.elementCount
        let inputMemory = Self.memory(&inputs, shape.elementCount * 4)
        let targetMemory = Self.memory(&targets, range.count * dataset.targetWidth * 4)
        if let windows = dataset.windows {
            let text = dataset.inputs.inputs.assumingMemoryBound(to: UInt8.self)
            for (row, index) in range.enumerated() {
                windows.write(
                    text, start: start(index, windows),
                    inputs: inputMemory.address.assumingMemoryBound(to: Int32.self) + row * size,
                    targets: targetMemory.address.assumingMemoryBound(to: Int32.self) + row * size)
            }
        } else {
            writeSamples(range, size, inputMemory, targetMemory)
        }
        return (
            Tensor(storage: inputMemory, byteOffset: 0, shape: shape, dtype: dataset.inputType),
            Tensor(
                storage: targetMemory, byteOffset: 0, shape: dataset.targetShape(range.count),
                dtype: dataset.targetType)
        )
    }

    /// Of the tokens that a window of a text predicts, how many at its beginning are not counted: they are in another one.
    public func leftOutTokens(ofWindow window: Int) -> Int { evaluation?.leftOut(window) ?? 0 }

    private func start(_ window: Int, _ windows: TextWindows) -> Int {
        evaluation?.start(window) ?? windows.trainingStart(window, offset: 0)
    }

    private func writeSamples(
        _ range: Range<Int>, _ size: Int, _ inputMemory: Storage, _ targetMemory: Storage
    ) {
        for (row, index) in range.enumerated() {
            let (data, sample) = dataset.place(part, index)
            dataset.writeInputs(
                data, sample, to: inputMemory.address.assumingMemoryBound(to: Float.self) + row * size)
            dataset.writeTarget(data, sample, to: targetMemory.address, index: row)
        }
    }

    private static func memory(_ kept: inout Storage?, _ byteCount: Int) -> Storage {
        if let storage = kept, storage.byteCount >= byteCount { return storage }
        let storage = Storage(byteCount: byteCount)
        kept = storage
        return storage
    }
}
