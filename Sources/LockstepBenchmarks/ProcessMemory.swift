import Foundation

/// The memory of this process.
enum ProcessMemory {
    /// The most memory that was resident at once since the start, in bytes: what the kernel reports as `ru_maxrss`.
    static var peakByteCount: Int {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return usage.ru_maxrss * 1024
    }
}
