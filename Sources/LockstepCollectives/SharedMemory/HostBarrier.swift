import CKernels
import Glibc

/// A barrier of the ranks that share memory.
struct HostBarrier {
    private let memory: UnsafeMutableRawPointer
    private let count: UInt32
    private let spins: UInt32

    /// A barrier in zero-filled shared memory of `byteCount` bytes.
    init(memory: UnsafeMutableRawPointer, count: Int) {
        self.memory = memory
        self.count = UInt32(count)
        // With more ranks than cores a spinning rank keeps the awaited one from running.
        let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        spins = count <= cores ? 2000 : 0
    }

    static let byteCount = Int(lockstep_barrier_bytes)

    func wait() { lockstep_barrier_wait(memory, count, spins) }
}
