import LockstepAutograd
import LockstepContracts
import LockstepTensors

extension WeightedLoss {
    /// A loss that is composed of other operations.
    /// - Parameters:
    ///   - sum: one float32 element: the sum over the shard's samples, where backward starts.
    ///   - weight: the shard's part of the divisor, for example its number of samples.
    public init(sum: Variable, weight: Double) {
        guard sum.shape.elementCount == 1, sum.value.dtype == .float32 else {
            brokenContract(
                "WeightedLoss: the sum \(sum.shape) of \(sum.value.dtype) is not one float32 number")
        }
        self.init(sum: sum, sumValue: Double(sum.value.floats[0]), weight: weight)
    }
}
