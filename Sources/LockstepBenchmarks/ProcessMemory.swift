import Foundation

/// The memory of this process.
enum ProcessMemory {
    /// The peak resident memory since the start, in bytes: the kernel's `ru_maxrss`.
    static var peakByteCount: Int {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return usage.ru_maxrss * 1024
    }
}
