/// A range of the flat order whose elements are updated alike.
public struct ParameterGroup: Sendable, Hashable {
    /// The elements, in floats.
    public var range: Range<Int>
    /// The factor on the learning rate.
    public var learningRateFactor: Double
    /// The factor on weight decay, L1 and L2; 0 exempts the group.
    public var weightDecayFactor: Double
    /// Whether a moving average of the parameters is kept.
    public var isAveraged: Bool

    /// A group of parameters.
    public init(
        range: Range<Int>, learningRateFactor: Double = 1, weightDecayFactor: Double = 1,
        isAveraged: Bool = false
    ) {
        self.range = range
        self.learningRateFactor = learningRateFactor
        self.weightDecayFactor = weightDecayFactor
        self.isAveraged = isAveraged
    }
}
