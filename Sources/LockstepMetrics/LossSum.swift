/// A sum of losses and its divisor.
public struct LossSum: MetricSums, Equatable {
    /// The sum over the samples.
    public private(set) var sum = 0.0
    /// The number of samples, or the sum of their class weights.
    public private(set) var weight = 0.0

    /// An empty sum.
    public init() {}

    /// A sum.
    public init(sum: Double, weight: Double) {
        self.sum = sum
        self.weight = weight
    }

    public mutating func merge(_ next: LossSum) {
        sum += next.sum
        weight += next.weight
    }

    /// sum / weight; NaN without samples.
    public var mean: Double { sum / weight }

    public var doubles: [Double] {
        get { [sum, weight] }
        set { (sum, weight) = (newValue[0], newValue[1]) }
    }

    public var values: [MetricValue] { [MetricValue("loss", mean)] }
}
