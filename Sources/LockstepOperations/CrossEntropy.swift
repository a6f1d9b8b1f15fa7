import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// Cross-entropy of logits and class labels: -log softmax(x)[y] for each row.
///
/// With label smoothing e and class weights w a row's loss is
/// -(1 - e) w[y] log p[y] - e / C sum over c of w[c] log p[c], and its weight is w[y], as in PyTorch.
/// A label that is not a class is reported to the tape (`Tape.failure`) as a `LabelError`.
///
/// Shapes: logits [..., C]; labels [...], int32; classWeights [C]; sampleWeights [...]: a factor for each row's loss and weight
/// (nil: 1).
public func crossEntropy(
    _ logits: Variable, labels: Tensor, labelSmoothing: Float = 0, classWeights: Tensor? = nil,
    sampleWeights: Tensor? = nil
) -> WeightedLoss {
    let logits = cast(logits, to: .float32)
    let shape = logits.shape
    let rows = shape.rank > 0 ? shape.elementCount(of: 0..<shape.rank - 1) : 0
    guard shape.rank >= 2, labels.elementCount == rows, labels.dtype == .int32 else {
        brokenContract(
            "crossEntropy\(logits.place): logits \(shape) do not fit labels \(labels.shape) of \(labels.dtype) elements"
        )
    }
    let classes = shape[-1]
    contract(
        labelSmoothing >= 0 && labelSmoothing < 1,
        "crossEntropy\(logits.place): label smoothing \(labelSmoothing) is not in [0, 1)")
    if let classWeights, classWeights.elementCount != classes {
        brokenContract(
            "crossEntropy\(logits.place): class weights \(classWeights.shape) for logits \(shape)")
    }
    let (result, loss) = LossOperation.record(logits, rows: rows, sampleWeights, "crossEntropy") {
        lockstep_cross_entropy(
            $0, logits.value.floats + $1.lowerBound * classes, labels.int32s + $1.lowerBound, $1.count,
            classes, labelSmoothing, classWeights?.floats)
    }
    if loss.bad_row >= 0 {
        logits.tape.report(
            LabelError(label: Int(labels.int32s[loss.bad_row]), classes: classes, row: loss.bad_row))
    }
    return result
}
