import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// L1 loss: the mean over a row's columns of |x - t|, summed over rows.
///
/// Shapes: x and targets [N, ...], equal; sampleWeights [N]: a factor for each row's loss and weight (nil:
/// 1).
public func meanAbsoluteError(
    _ x: Variable, targets: Tensor, sampleWeights: Tensor? = nil
) -> WeightedLoss {
    let x = cast(x, to: .float32)
    let (rows, columns) = matrix(x, targets, sampleWeights, "meanAbsoluteError")
    return LossOperation.record(x) {
        lockstep_absolute_error(
            $0, x.value.floats, targets.floats, rows, columns, sampleWeights?.floats)
    }.0
}

/// Kullback-Leibler divergence of targets t from predictions with the logarithms x: the sum over a row's
/// columns of t (log t - x), summed over rows; 0 where t is 0.
///
/// Shapes: x (of `logSoftmax`) and targets [N, ...], equal; sampleWeights [N]. The mean is PyTorch's `kl_div`
/// with `batchmean`. Source: Kullback, Leibler: On Information and Sufficiency, 1951.
public func kullbackLeibler(
    _ logProbabilities: Variable, targets: Tensor, sampleWeights: Tensor? = nil
) -> WeightedLoss {
    let x = cast(logProbabilities, to: .float32)
    let (rows, columns) = matrix(x, targets, sampleWeights, "kullbackLeibler")
    return LossOperation.record(x) {
        lockstep_kullback_leibler(
            $0, x.value.floats, targets.floats, rows, columns, sampleWeights?.floats)
    }.0
}

/// Negative log-likelihood of labels y under the logarithms x of probabilities: -w[y] x[y] for each row; its
/// weight is w[y].
///
/// A label that is not a class is reported to the tape (`Tape.failure`) as a `LabelError`. `crossEntropy`
/// computes this and `logSoftmax` in one pass.
///
/// Shapes: x [..., C]; labels [...], int32; classWeights [C] (nil: 1).
public func negativeLogLikelihood(
    _ logProbabilities: Variable, labels: Tensor, classWeights: Tensor? = nil
) -> WeightedLoss {
    labelled(logProbabilities, labels, classWeights, "negativeLogLikelihood") {
        lockstep_negative_log_likelihood($0, $1, $2, $3, $4, classWeights?.floats)
    }
}

/// Focal loss of logits and class labels: -w[y] (1 - p[y])^gamma log p[y] for each row, p = softmax(x); its
/// weight is w[y].
///
/// Well-classified samples count less; with gamma 0 it equals the cross-entropy. A label that is not a class
/// is reported to the tape as a `LabelError`.
///
/// Shapes: logits [..., C]; labels [...], int32; classWeights [C] (nil: 1).
/// Source: Lin et al.: Focal Loss for Dense Object Detection (arXiv 1708.02002), equation 5.
public func focal(
    _ logits: Variable, labels: Tensor, gamma: Float = 2, classWeights: Tensor? = nil
) -> WeightedLoss {
    contract(gamma >= 0, "focal\(logits.place): gamma \(gamma) is below 0")
    return labelled(logits, labels, classWeights, "focal") {
        lockstep_focal($0, $1, $2, $3, $4, gamma, classWeights?.floats)
    }
}

/// Focal loss of logits x and targets t in [0, 1]: the binary cross-entropy times (1 - q)^gamma, where q is
/// the probability of the target, and times alpha for positives or 1 - alpha for negatives; averaged over a
/// row's columns.
///
/// Shapes: x and targets [N, ...], equal; sampleWeights [N]. torchvision's `sigmoid_focal_loss`.
/// - Parameter alpha: the weight of positives, in [0, 1]; nil: 1 for both.
public func binaryFocal(
    _ x: Variable, targets: Tensor, gamma: Float = 2, alpha: Float? = 0.25, sampleWeights: Tensor? = nil
) -> WeightedLoss {
    contract(
        gamma >= 0 && alpha ?? 0 >= 0 && alpha ?? 0 <= 1,
        "binaryFocal\(x.place): gamma \(gamma) is below 0, or alpha \(alpha ?? 0) is not in [0, 1]")
    let x = cast(x, to: .float32)
    let (rows, columns) = matrix(x, targets, sampleWeights, "binaryFocal")
    return LossOperation.record(x) {
        lockstep_binary_focal(
            $0, x.value.floats, targets.floats, rows, columns, gamma, alpha ?? -1, sampleWeights?.floats)
    }.0
}

/// Dice loss of probabilities p and targets t: 1 - (2 sum p t + smoothing) / (sum p + sum t + smoothing) for
/// each channel of a sample, with sums over its positions; averaged over channels.
///
/// Shapes: probabilities and targets [N, ..., C], equal, such as masks [N, H, W, C]; sampleWeights [N].
/// Source: Milletari, Navab, Ahmadi: V-Net (arXiv 1606.04797), section 3, without squares.
public func dice(
    _ probabilities: Variable, targets: Tensor, smoothing: Float = 1, sampleWeights: Tensor? = nil
) -> WeightedLoss {
    let x = cast(probabilities, to: .float32)
    let (rows, columns) = matrix(x, targets, sampleWeights, "dice")
    guard x.shape.rank >= 2, x.shape[-1] > 0, smoothing >= 0 else {
        brokenContract(
            "dice\(x.place): probabilities \(x.shape) are not [N, ..., C], or smoothing \(smoothing) is below 0"
        )
    }
    return LossOperation.record(x) {
        lockstep_dice(
            $0, x.value.floats, targets.floats, rows, columns / x.shape[-1], x.shape[-1], smoothing,
            sampleWeights?.floats)
    }.0
}

private func matrix(
    _ x: Variable, _ targets: Tensor, _ sampleWeights: Tensor?, _ name: StaticString
) -> (rows: Int, columns: Int) {
    guard x.shape.rank >= 1, targets.shape == x.shape, targets.dtype == .float32,
        sampleWeights.map({ $0.shape == Shape(x.shape[0]) }) ?? true
    else {
        brokenContract(
            """
            \(name)\(x.place): x \(x.shape) does not fit targets \(targets.shape) of \(targets.dtype) elements, or sample \
            weights \(sampleWeights.map { "\($0.shape)" } ?? "none")
            """)
    }
    // Without elements there are no rows to read either.
    let columns = x.shape.elementCount(of: 1..<x.shape.rank)
    return columns == 0 ? (0, 1) : (x.shape[0], columns)
}

private typealias LabelledLoss = (
    UnsafeMutablePointer<Float>?, UnsafePointer<Float>, UnsafePointer<Int32>, Int, Int
) -> lockstep_loss

private func labelled(
    _ x: Variable, _ labels: Tensor, _ classWeights: Tensor?, _ name: StaticString, _ body: LabelledLoss
) -> WeightedLoss {
    let rows = x.shape.rank > 0 ? x.shape.elementCount(of: 0..<x.shape.rank - 1) : 0
    guard x.shape.rank >= 2, labels.elementCount == rows, labels.dtype == .int32,
        classWeights.map({ $0.elementCount == x.shape[-1] }) ?? true
    else {
        brokenContract(
            """
            \(name)\(x.place): x \(x.shape) does not fit labels \(labels.shape) of \(labels.dtype) elements, or class \
            weights \(classWeights.map { "\($0.shape)" } ?? "none")
            """)
    }
    let classes = x.shape[-1]
    let x = cast(x, to: .float32)
    let (result, loss) = LossOperation.record(x) { body($0, x.value.floats, labels.int32s, rows, classes) }
    if loss.bad_row >= 0 {
        x.tape.report(
            LabelError(label: Int(labels.int32s[loss.bad_row]), classes: classes, row: loss.bad_row))
    }
    return result
}
