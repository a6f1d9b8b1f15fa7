internal import COneDNN
import LockstepContracts
import LockstepTensors

extension DType {
    /// The type for oneDNN's wrapper. Traps on integers.
    var dnn: lockstep_dnn_type {
        switch self {
        case .float32: LOCKSTEP_DNN_FLOAT32
        case .bfloat16: LOCKSTEP_DNN_BFLOAT16
        case .int32, .uint8:
            brokenContract("operation: \(self) elements are not numbers to compute with")
        }
    }
}
