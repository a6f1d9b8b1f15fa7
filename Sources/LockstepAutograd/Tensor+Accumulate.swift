import CKernels
import LockstepTensors

extension Tensor {
    /// Adds another tensor of as many elements to this one, element by element.
    public func accumulate(_ other: Tensor) {
        precondition(other.elementCount == elementCount, "Tensor: \(other.shape) added to \(shape)")
        lockstep_accumulate(floats, other.floats, elementCount)
    }
}
