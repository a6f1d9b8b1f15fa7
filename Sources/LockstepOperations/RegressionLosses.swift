import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// Mean squared error: the mean over a row's columns of (x - t)^2, summed over rows.
///
/// Shapes: x and targets [N, ...], equal; sampleWeights [N]: a factor for each row's loss and weight (nil: 1).
public func meanSquaredError(
    _ x: Variable, targets: Tensor, sampleWeights: Tensor? = nil
) -> WeightedLoss {
    let x = cast(x, to: .float32)
    let (rows, columns) = matrix(x, targets, "meanSquaredError")
    return LossOperation.record(x, rows: rows, sampleWeights, "meanSquaredError") {
        let first = $1.lowerBound * columns
        return lockstep_mean_squared_error(
            $0, x.value.floats + first, targets.floats + first, $1.count, columns)
    }.0
}

/// Huber loss: d^2 / 2 for |d| <= delta, else delta (|d| - delta / 2), averaged over a row's columns.
///
/// Shapes: x and targets [N, ...], equal; sampleWeights [N]: a factor for each row's loss and weight (nil: 1).
/// Source: Huber: Robust Estimation of a Location Parameter, 1964.
public func huber(
    _ x: Variable, targets: Tensor, delta: Float = 1, sampleWeights: Tensor? = nil
) -> WeightedLoss {
    contract(delta > 0, "huber\(x.place): delta \(delta) is not above 0")
    let x = cast(x, to: .float32)
    let (rows, columns) = matrix(x, targets, "huber")
    return LossOperation.record(x, rows: rows, sampleWeights, "huber") {
        let first = $1.lowerBound * columns
        return lockstep_huber(
            $0, x.value.floats + first, targets.floats + first, $1.count, columns, delta)
    }.0
}

/// Binary cross-entropy of logits x and targets t in [0, 1]: -(w t log s(x) + (1 - t) log(1 - s(x))),
/// averaged over a row's columns; s is the logistic function, w the weight of positives.
///
/// Shapes: x and targets [N, ...], equal; sampleWeights [N]: a factor for each row's loss and weight (nil: 1).
public func binaryCrossEntropy(
    _ x: Variable, targets: Tensor, positiveWeight: Float = 1, sampleWeights: Tensor? = nil
) -> WeightedLoss {
    let x = cast(x, to: .float32)
    let (rows, columns) = matrix(x, targets, "binaryCrossEntropy")
    return LossOperation.record(x, rows: rows, sampleWeights, "binaryCrossEntropy") {
        let first = $1.lowerBound * columns
        return lockstep_binary_cross_entropy(
            $0, x.value.floats + first, targets.floats + first, $1.count, columns, positiveWeight)
    }.0
}

private func matrix(_ x: Variable, _ targets: Tensor, _ name: StaticString) -> (Int, Int) {
    guard x.shape.rank >= 1, targets.shape.rank >= 1, x.shape[0] == targets.shape[0],
        x.shape.elementCount == targets.elementCount, targets.dtype == .float32
    else {
        brokenContract(
            "\(name)\(x.place): x \(x.shape) does not fit targets \(targets.shape) of \(targets.dtype) elements"
        )
    }
    // Without elements there are no rows to read either.
    let columns = x.shape.elementCount(of: 1..<x.shape.rank)
    return columns == 0 ? (0, 1) : (x.shape[0], columns)
}
