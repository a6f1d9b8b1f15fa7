import Glibc
import LockstepContracts
import LockstepTensors

/// Allocated memory or a mapped file. It is filled once, then only read.
///
/// Sendable: the thread that makes a block fills it before other threads get it, and from then on all threads only read.
package final class MemoryBlock: @unchecked Sendable {
    /// The first byte; 64-byte aligned when the block was allocated, page aligned when it was mapped.
    package private(set) var address: UnsafeMutableRawPointer
    /// The size in bytes.
    package private(set) var count: Int
    private let isMapped: Bool

    /// An allocated block with arbitrary contents. Traps if there is no memory left.
    package init(count: Int) {
        self.count = count
        isMapped = false
        address = Self.allocate(count)
    }

    /// A copy of some numbers.
    package init<Number: BitwiseCopyable>(copying numbers: ContiguousArray<Number>) {
        count = numbers.count * MemoryLayout<Number>.stride
        isMapped = false
        address = Self.allocate(count)
        numbers.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress { _ = memcpy(address, base, bytes.count) }
        }
    }

    /// A mapped range, which is unmapped with this object.
    package init(mapped address: UnsafeMutableRawPointer, count: Int) {
        self.address = address
        self.count = count
        isMapped = true
    }

    deinit {
        if isMapped { munmap(address, count) } else { free(address) }
    }

    /// Changes the size of an allocated block and keeps its first bytes; only while it is being filled.
    package func resize(to newCount: Int) {
        contract(!isMapped, "MemoryBlock: a mapped block cannot change its size")
        let new = Self.allocate(newCount)
        memcpy(new, address, min(count, newCount))
        free(address)
        address = new
        count = newCount
    }

    /// Drops bytes at the end; only while the block is being filled.
    package func truncate(to newCount: Int) {
        contract(
            !isMapped && newCount <= count, "MemoryBlock: truncation to \(newCount) of \(count) bytes")
        count = newCount
    }

    /// The bytes.
    package var bytes: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: address.assumingMemoryBound(to: UInt8.self), count: count)
    }

    private static func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        var block: UnsafeMutableRawPointer?
        let status = posix_memalign(&block, 64, max(64, count))
        guard status == 0, let block else {
            OutOfMemory.end(byteCount: count, reason: String(cString: strerror(status)))
        }
        return block
    }
}
