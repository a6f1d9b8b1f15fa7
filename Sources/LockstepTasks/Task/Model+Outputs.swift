import LockstepAutograd
import LockstepLayers
import LockstepOperations

extension Model {
    /// The network's outputs in float32, in which losses and metrics are computed.
    package func outputs(_ x: Variable) -> Variable { cast(self(x), to: .float32) }
}

extension Precision {
    /// Throws where this processor cannot compute in this precision.
    package func requireProcessor() throws(TrainingError) {
        guard self == .bfloat16, !ComputeLibrary.hasBFloat16 else { return }
        throw .model(
            "precision: bf16 needs a processor with AVX-512 BF16 instructions, and this one has none "
                + "(or ONEDNN_MAX_CPU_ISA hides them). Use precision: float32.")
    }
}
