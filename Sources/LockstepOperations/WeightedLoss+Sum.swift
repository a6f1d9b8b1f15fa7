import LockstepAutograd
import LockstepContracts
import LockstepTensors

extension WeightedLoss {
    /// A loss that is composed of other operations.
    /// - Parameters:
    ///   - sum: one element: the sum over the shard's samples, where backward starts; float32.
    ///   - weight: the divisor of the sum over all shards: usually the number of the shard's samples.
    public init(sum: Variable, weight: Double) {
        guard sum.shape.elementCount == 1, sum.value.dtype == .float32 else {
            brokenContract(
                "WeightedLoss: the sum \(sum.shape) of \(sum.value.dtype) is not one float32 number")
        }
        self.init(sum: sum, sumValue: Double(sum.value.floats[0]), weight: weight)
    }
}
