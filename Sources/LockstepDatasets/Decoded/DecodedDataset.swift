import LockstepContracts
import LockstepReaders
import LockstepTensors

/// Decoded samples with their targets, in memory that all ranks of a host share if possible.
///
/// Immutable, and therefore Sendable.
public final class DecodedDataset: @unchecked Sendable {
    /// The number of samples.
    public let count: Int
    /// The shape of a sample; images [H, W, C].
    public let sampleShape: Shape
    /// The type of the inputs: uint8 or float32.
    public let inputType: DType
    /// The inputs, row-major: [count, sample shape]. Empty if they are read from their files.
    public let inputs: UnsafeRawPointer
    /// Reads the inputs from their files when they are needed; nil for inputs in memory.
    package let stream: SampleStream?
    /// 0 for class labels, otherwise the number of values of a target.
    public let targetWidth: Int
    /// The targets, row-major: int32 [count], or float32 [count, targetWidth].
    public let targets: UnsafeRawPointer
    /// Whether the inputs have missing numbers, which are NaN.
    public let hasMissing: Bool
    /// Whether `targets` holds the targets of the samples: the targets of a text are its next bytes, and a table for prediction
    /// may have none.
    public let hasTargets: Bool
    /// How numbers were converted to 32 bits: `inputs` and `targets` are not in the units of the file if it has
    /// offsets or factors.
    public let narrowing: DataNarrowing
    /// The weights of the samples [count]; nil without weights.
    let weights: UnsafePointer<Float>?
    /// The texts of samples that are copied to predictions; nil without texts.
    let identifiers: MemoryBlock?
    private let blocks: [MemoryBlock]

    init(_ part: DecodedPart) {
        count = part.count
        sampleShape = Shape(part.sampleExtents)
        inputType = part.inputType == .uint8 ? .uint8 : .float32
        inputs = UnsafeRawPointer(part.inputs.address)
        stream = part.stream
        targetWidth = part.targetWidth
        targets = UnsafeRawPointer(part.targets.address)
        hasMissing = part.hasMissing
        hasTargets = part.hasTargets
        narrowing = part.narrowing
        weights = part.weights.map { UnsafePointer($0.address.assumingMemoryBound(to: Float.self)) }
        identifiers = part.identifiers
        blocks = part.blocks
    }

    /// A part of a mapped cache file.
    /// - Parameter stream: reads inputs that are not in the cache file.
    init(_ header: CacheHeader.Part, in file: MemoryBlock, stream: SampleStream?) {
        self.stream = stream
        count = header.count
        sampleShape = Shape(header.sampleExtents)
        inputType = header.inputType == .uint8 ? .uint8 : .float32
        inputs = UnsafeRawPointer(file.address + header.inputs.offset)
        targetWidth = header.targetWidth
        targets = UnsafeRawPointer(file.address + header.targets.offset)
        hasMissing = header.hasMissing
        hasTargets = header.hasTargets
        narrowing = header.narrowing
        weights = header.weights.map {
            UnsafePointer((file.address + $0.offset).assumingMemoryBound(to: Float.self))
        }
        identifiers = header.identifiers.map {
            MemoryBlock(
                copying: ContiguousArray(
                    UnsafeRawBufferPointer(start: file.address + $0.offset, count: $0.byteCount)))
        }
        blocks = [file]
    }

    /// The size of a sample in bytes.
    package var sampleByteCount: Int { sampleShape.elementCount * inputType.byteCount }

    /// The class labels [count]; traps for regression.
    public var labels: UnsafeBufferPointer<Int32> {
        contract(targetWidth == 0 && hasTargets, "DecodedDataset: labels of a set without class labels")
        return UnsafeBufferPointer(start: targets.assumingMemoryBound(to: Int32.self), count: count)
    }

    /// The values to predict, row-major [count, targetWidth]; traps for classification.
    public var values: UnsafeBufferPointer<Float> {
        contract(targetWidth > 0 && hasTargets, "DecodedDataset: values of a set without numeric targets")
        return UnsafeBufferPointer(
            start: targets.assumingMemoryBound(to: Float.self), count: count * targetWidth)
    }
}
