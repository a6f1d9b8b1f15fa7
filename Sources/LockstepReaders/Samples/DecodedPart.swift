/// Samples with their targets, as readers make them: training or test data before they are put together.
package struct DecodedPart {
    /// The types of inputs.
    package enum InputType: String, Codable {
        case uint8, float32

        /// The size of one number in bytes.
        package var byteCount: Int { self == .uint8 ? 1 : 4 }
    }

    /// The number of samples.
    package var count: Int
    /// The shape of a sample; images [H, W, C].
    package var sampleExtents: [Int]
    /// The type of the inputs.
    package var inputType: InputType
    /// The inputs: [count, sample shape], row-major.
    package var inputs: MemoryBlock
    /// Reads the inputs from their files when they are needed; then `inputs` is empty. Nil for inputs in memory.
    package var stream: SampleStream?
    /// 0 for class labels, else the number of values of a target.
    package var targetWidth: Int
    /// The targets: int32 [count], or float32 [count, targetWidth].
    package var targets: MemoryBlock
    /// The names of the classes where labels are texts in the file; empty where they are numbers.
    package var classNames: [String] = []
    /// How numbers were converted to 32 bits.
    package var narrowing = DataNarrowing()
    /// Whether inputs have missing numbers, which are NaN.
    package var hasMissing = false
    /// Whether samples have targets of their own; those of a text are its next bytes, and a table to predict may have none.
    package var hasTargets = true
    /// The weights of the samples: float32 [count]; nil where they have none.
    package var weights: MemoryBlock?
    /// The texts of samples that stand in predictions; see `SampleTexts`.
    package var identifiers: MemoryBlock?

    /// Samples of some memory.
    package init(
        count: Int, sampleExtents: [Int], inputType: InputType, inputs: MemoryBlock, targetWidth: Int,
        targets: MemoryBlock, narrowing: DataNarrowing = DataNarrowing(), hasMissing: Bool = false,
        hasTargets: Bool = true
    ) {
        self.count = count
        self.sampleExtents = sampleExtents
        self.inputType = inputType
        self.inputs = inputs
        self.targetWidth = targetWidth
        self.targets = targets
        self.narrowing = narrowing
        self.hasMissing = hasMissing
        self.hasTargets = hasTargets
    }

    /// Its blocks, in the order of a cache file.
    package var blocks: [MemoryBlock] { [inputs, targets] + [weights, identifiers].compactMap { $0 } }

    /// The number of numbers of a sample.
    package var sampleElementCount: Int { sampleExtents.reduce(1, *) }

    /// The class labels.
    package var labels: UnsafeBufferPointer<Int32> {
        UnsafeBufferPointer(start: targets.address.assumingMemoryBound(to: Int32.self), count: count)
    }
}
