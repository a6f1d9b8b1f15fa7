import LockstepConfiguration

/// The ranges of architecture keys.
extension LegalRange<Int> {
    /// A number of channels, units or heads. No layer that fits into memory is wider; more is a typing
    /// mistake.
    public static var width: Self { .within(1...1 << 20) }
    /// The channels of a convolution: weights with the largest kernels and the longest stages do not
    /// overflow.
    public static var channels: Self { .within(1...65_536) }
    /// The number of a network's hidden layers.
    public static var layers: Self { .within(0...1000) }
    /// The number of stages; an empty list has its own error message.
    public static var stages: Self { .within(0...100) }
    /// The layers of a recurrent network, or the blocks of a Transformer.
    public static var depth: Self { .within(1...1024) }
    /// The layers or blocks of one stage.
    public static var stageDepth: Self { .within(1...1000) }
    /// The stride of a convolution.
    public static var stride: Self { .within(1...4) }
    /// The side of a square kernel, which must also be odd.
    public static var kernelSide: Self { .within(1...31) }
    /// The stages of a residual network; none is its default.
    public static var residualStages: Self { .within(0...8) }
    /// The weighted layers of a residual network, which must also be 6n + 2.
    public static var residualDepth: Self { .within(8...1202) }
}

extension LegalRange<Double> {
    /// The probability of dropping an element.
    public static var dropout: Self { .within(0...0.999_999_9) }
    /// The factor on all numbers of channels.
    public static var widthFactor: Self { .above(0, upTo: 16) }
}
