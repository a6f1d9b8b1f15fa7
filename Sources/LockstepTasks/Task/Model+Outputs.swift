import LockstepAutograd
import LockstepLayers
import LockstepOperations

extension Model {
    /// The network's outputs in float32, for losses and metrics.
    package func outputs(_ x: Variable) -> Variable { cast(self(x), to: .float32) }
}

extension Precision {
    /// Throws if this processor does not support a precision.
    package func requireProcessor() throws(TrainingError) {
        guard self == .bfloat16, !ComputeLibrary.hasBFloat16 else { return }
        throw .model(
            "precision: bf16 needs a processor with AVX-512 BF16 instructions, but this one has none "
                + "(or ONEDNN_MAX_CPU_ISA hides them). Use precision: float32.")
    }
}
