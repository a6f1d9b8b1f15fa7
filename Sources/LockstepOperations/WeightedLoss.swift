import LockstepAutograd

/// A loss as a sum and its weight: the average over all shards is sum / weight.
public struct WeightedLoss {
    /// The sum over the samples, where backward starts; one element.
    public let sum: Variable
    /// The same sum in double precision.
    public let sumValue: Double
    /// The divisor of the sum: the number of samples, or the sum of their class weights.
    public let weight: Double

    /// The average over this shard; NaN for an empty one.
    public var mean: Double { sumValue / weight }
}

/// A label that is not a class of the model.
public struct LabelError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The label.
    public let label: Int
    /// The number of classes.
    public let classes: Int
    /// The row of the label in the batch.
    public let row: Int

    public var description: String {
        "The label \(label) (row \(row) of the shard) is not a class: legal are 0 to \(classes - 1). "
            + "Check the labels, or the number of the model's outputs."
    }
}
