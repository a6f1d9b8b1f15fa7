import CKernels
import LockstepContracts
import LockstepTensors

extension Tensor {
    /// Adds another tensor of equal size element by element. Bfloat16 can be added to either type.
    public func accumulate(_ other: Tensor) {
        contract(other.elementCount == elementCount, "Tensor: \(other.shape) added to \(shape)")
        switch (dtype, other.dtype) {
        case (.bfloat16, _): lockstep_bfloat16_accumulate(bfloat16s, other.bfloat16s, elementCount)
        case (_, .bfloat16): lockstep_bfloat16_accumulate_wide(floats, other.bfloat16s, elementCount)
        default: lockstep_accumulate(floats, other.floats, elementCount)
        }
    }
}
