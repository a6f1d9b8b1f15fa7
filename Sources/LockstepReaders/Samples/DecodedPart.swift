/// Samples with their targets, as readers return them: training or test data before they are combined.
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
    /// Reads the inputs from their files when they are needed; `inputs` is then empty. Nil for inputs in memory.
    package var stream: SampleStream?
    /// 0 for class labels, else the number of values of a target.
    package var targetWidth: Int
    /// The targets: int32 [count], or float32 [count, targetWidth].
    package var targets: MemoryBlock
    /// The names of the classes if the labels in the file are texts; empty if they are numbers.
    package var classNames: [String] = []
    /// How numbers were converted to 32 bits.
    package var narrowing = DataNarrowing()
    /// Whether the inputs have missing numbers, which are NaN.
    package var hasMissing = false
    /// Whether samples have separate targets: the targets of a text are its next bytes, and a table for prediction may have none.
    package var hasTargets = true
    /// The weights of the samples: float32 [count]; nil without weights.
    package var weights: MemoryBlock?
    /// The texts of samples that are copied to predictions; see `SampleTexts`.
    package var identifiers: MemoryBlock?

    /// Samples in memory.
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

    /// Its blocks of memory, in the order in which a cache file holds them.
    package var blocks: [MemoryBlock] { [inputs, targets] + [weights, identifiers].compactMap { $0 } }

    /// The number of numbers of a sample.
    package var sampleElementCount: Int { sampleExtents.reduce(1, *) }

    /// The class labels.
    package var labels: UnsafeBufferPointer<Int32> {
        UnsafeBufferPointer(start: targets.address.assumingMemoryBound(to: Int32.self), count: count)
    }
}
