internal import COneDNN
import LockstepContracts

/// The number of threads for operations.
///
/// It is part of the configuration: a kernel's threads split its sums, so another number may give other bits.
/// The setting belongs to the OpenMP runtime and holds for the whole process. 1 until set.
public enum ComputeThreads {
    /// Sets the number of threads; existing operations keep theirs. Returns false if oneDNN's threading
    /// runtime cannot be controlled (it is not OpenMP) and `count` is not 1.
    @discardableResult
    public static func set(_ count: Int) -> Bool {
        contract(count >= 1 && count <= 4096, "ComputeThreads: \(count) threads")
        return lockstep_dnn_set_threads(Int32(count)) == 0
    }

    /// Starts the threads of the threading runtime now. If the system refuses one, prints this message and
    /// exits with this status.
    package static func start(failureMessage: String, status: Int32) {
        lockstep_dnn_start_threads(failureMessage, status)
    }

    /// The number of threads set.
    public static var count: Int { Int(lockstep_dnn_threads()) }
}

/// The compute library, for manifests and run logs.
public enum ComputeLibrary {
    /// oneDNN's version as loaded, for example `oneDNN 2.6.3`.
    public static var version: String {
        let number = Int(lockstep_dnn_version())
        return "oneDNN \(number / 10000).\(number / 100 % 100).\(number % 100)"
    }

    /// Whether this processor has bfloat16 instructions (AVX-512 BF16). `ONEDNN_MAX_CPU_ISA` can hide them.
    public static var hasBFloat16: Bool { lockstep_dnn_has_bfloat16() != 0 }

    /// The instruction set that oneDNN uses here, for example `AVX-512 BF16` or `AVX2`.
    package static var instructions: String { String(cString: lockstep_dnn_instruction_set()) }

    /// Whether the loaded library has the same major version as the headers of this build.
    package static var matchesHeaders: Bool {
        lockstep_dnn_version() / 10000 == lockstep_dnn_header_version() / 10000
    }
}
