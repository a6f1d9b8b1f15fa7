import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// The state of one recurrent layer between two parts of a sequence: `recurrent(..., continuing:)` starts from it and
/// replaces it by the state after the last step. For inference.
public final class RecurrentState {
    /// h, [N, H], of the layer's type.
    let state: Tensor
    /// An LSTM's c, [N, H].
    let memory: Tensor

    /// The zero state, from which a sequence starts.
    public init(samples: Int, units: Int, precision: Precision) {
        state = Tensor(zeros: Shape(samples, units), dtype: precision == .bfloat16 ? .bfloat16 : .float32)
        memory = Tensor(zeros: Shape(samples, units))
    }

    /// Back to the zero state.
    public func clear() {
        state.fillWithZeros()
        memory.fillWithZeros()
    }
}
