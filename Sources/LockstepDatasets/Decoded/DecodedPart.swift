/// Samples with their targets, as readers make them: training or test data before they are put together.
struct DecodedPart {
    /// The types of inputs.
    enum InputType: String, Codable {
        case uint8, float32

        /// The size of one number in bytes.
        var byteCount: Int { self == .uint8 ? 1 : 4 }
    }

    /// The number of samples.
    var count: Int
    /// The shape of a sample; images [H, W, C].
    var sampleExtents: [Int]
    /// The type of the inputs.
    var inputType: InputType
    /// The inputs: [count, sample shape], row-major.
    var inputs: MemoryBlock
    /// 0 for class labels, else the number of values of a target.
    var targetWidth: Int
    /// The targets: int32 [count], or float32 [count, targetWidth].
    var targets: MemoryBlock
    /// How numbers were converted to 32 bits.
    var narrowing = DataNarrowing()
    /// Whether inputs have missing numbers, which are NaN.
    var hasMissing = false
    /// Whether samples have targets of their own; those of a text are its next bytes, and a table to predict may have none.
    var hasTargets = true

    /// The number of numbers of a sample.
    var sampleElementCount: Int { sampleExtents.reduce(1, *) }

    /// The class labels.
    var labels: UnsafeBufferPointer<Int32> {
        UnsafeBufferPointer(start: targets.address.assumingMemoryBound(to: Int32.self), count: count)
    }
}
