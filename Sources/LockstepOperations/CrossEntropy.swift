import CKernels
import LockstepAutograd
import LockstepTensors

/// Cross-entropy of logits and class labels: -log softmax(x)[y] for each row.
///
/// With label smoothing e and class weights w a row's loss is
/// -(1 - e) w[y] log p[y] - e / C sum over c of w[c] log p[c], and its weight is w[y], as in PyTorch.
/// A label that is not a class is reported to the tape (`Tape.failure`) as a `LabelError`.
///
/// Shapes: logits [..., C]; labels [...], int32; classWeights [C].
public func crossEntropy(
    _ logits: Variable, labels: Tensor, labelSmoothing: Float = 0, classWeights: Tensor? = nil
) -> WeightedLoss {
    let shape = logits.shape
    let rows = shape.rank > 0 ? shape.elementCount(of: 0..<shape.rank - 1) : 0
    guard shape.rank >= 2, labels.elementCount == rows else {
        preconditionFailure("crossEntropy: logits \(shape) do not fit labels \(labels.shape)")
    }
    let classes = shape[-1]
    precondition(labelSmoothing >= 0 && labelSmoothing < 1, "crossEntropy: smoothing \(labelSmoothing)")
    if let classWeights, classWeights.elementCount != classes {
        preconditionFailure("crossEntropy: class weights \(classWeights.shape) for logits \(shape)")
    }
    let (result, loss) = LossOperation.record(logits) { gradient in
        lockstep_cross_entropy(
            gradient, logits.value.floats, labels.int32s, rows, classes, labelSmoothing,
            classWeights?.floats)
    }
    if loss.bad_row >= 0 {
        logits.tape.report(
            LabelError(label: Int(labels.int32s[loss.bad_row]), classes: classes, row: loss.bad_row))
    }
    return result
}
