import Glibc
import LockstepContracts
import LockstepTensors

/// Bytes that are read and never changed after they were filled: allocated ones, or a mapped file.
///
/// Sendable, for whoever makes a block fills it before it hands it on, and from then on everybody only reads.
package final class MemoryBlock: @unchecked Sendable {
    /// The first byte; 64-byte aligned when the block was allocated, page aligned when it was mapped.
    package private(set) var address: UnsafeMutableRawPointer
    /// The size in bytes.
    package private(set) var count: Int
    private let isMapped: Bool

    /// An allocated block with arbitrary contents. Traps when the machine has no more memory.
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

    /// Changes the size of an allocated block and keeps its first bytes; only for whoever is still filling it.
    package func resize(to newCount: Int) {
        contract(!isMapped, "MemoryBlock: a mapped block cannot change its size")
        let new = Self.allocate(newCount)
        memcpy(new, address, min(count, newCount))
        free(address)
        address = new
        count = newCount
    }

    /// Forgets bytes at the end; only for whoever is still filling the block.
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
