import LockstepMetrics
import LockstepOperations

extension LossSum {
    /// Adds the loss of a block.
    public mutating func add(_ loss: WeightedLoss) {
        merge(LossSum(sum: loss.sumValue, weight: loss.weight))
    }
}
