internal import COneDNN
import LockstepAutograd
import LockstepTensors

/// An activation that an operation applies to its result while it still has it in its registers.
///
/// Costs nothing in forward, and saves a node of the tape. Backward masks by the output.
public enum FusedActivation: Sendable, Hashable {
    /// y = z
    case none
    /// y = max(z, 0)
    case relu

    var dnn: lockstep_dnn_activation {
        switch self {
        case .none: LOCKSTEP_DNN_IDENTITY
        case .relu: LOCKSTEP_DNN_RELU
        }
    }
}

/// The backward of a fused activation: dz from dy and the output y, element by element.
final class ActivationMask {
    private let activation: FusedActivation
    private let count: Int
    private let dtype: DType
    private lazy var backward = DNNPrimitive("fused ReLU backward") {
        lockstep_dnn_eltwise_backward_create(
            $0, LOCKSTEP_DNN_ELTWISE_RELU_FROM_OUTPUT, 0, 0, Int64(count), dtype.dnn)
    }

    /// A mask over `count` numbers, at least one.
    init(_ activation: FusedActivation, count: Int, dtype: DType) {
        self.dtype = dtype
        self.activation = activation
        self.count = count
    }

    /// The gradient before the activation: `gradient` itself without one, else a tensor from the pool.
    func apply(_ gradient: Tensor, output: Tensor?, pool: StoragePool) -> Tensor {
        guard activation == .relu else { return gradient }
        guard let output else { preconditionFailure("fused activation: the output was not kept") }
        let masked = pool.tensor(gradient.shape, gradient.dtype)
        backward.execute {
            lockstep_dnn_eltwise_backward_execute($0, output.address, gradient.address, masked.address)
        }
        return masked
    }
}
