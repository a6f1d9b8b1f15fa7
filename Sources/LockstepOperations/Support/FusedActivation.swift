import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// An activation that an operation applies to its result, in place.
///
/// This saves a tape node and a tensor. Backward masks by the output.
public enum FusedActivation: Sendable, Hashable {
    /// y = z
    case none
    /// y = max(z, 0)
    case relu

    /// Applies the function to every element. NaN stays NaN; oneDNN's fused ReLU would turn it into 0.
    func apply(to y: Tensor) {
        switch self {
        case .none: return
        case .relu: rectify(y, to: y)
        }
    }
}

/// The backward of a fused activation: dz from dy and the output y, element by element.
struct ActivationMask {
    let activation: FusedActivation

    init(_ activation: FusedActivation) { self.activation = activation }

    /// The gradient before the activation: `gradient` itself without an activation, otherwise a tensor from
    /// the pool.
    func apply(_ gradient: Tensor, output: Tensor?, pool: StoragePool) -> Tensor {
        guard activation == .relu else { return gradient }
        guard let output else { brokenContract("fused activation: the output was not kept") }
        let masked = pool.tensor(gradient.shape, gradient.dtype)
        lockstep_relu_backward(
            masked.address, gradient.address, output.address, gradient.elementCount,
            gradient.dtype == .bfloat16 ? 1 : 0)
        return masked
    }
}
