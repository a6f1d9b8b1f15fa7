import Glibc
import LockstepContracts

/// A 64-byte aligned block of memory that tensors view, or a view of other memory.
///
/// A storage taken from a `StoragePool` returns to it when no tensor refers to it any more.
public final class Storage {
    /// The first byte.
    public let address: UnsafeMutableRawPointer
    /// The size in bytes.
    public let byteCount: Int
    private let isOwned: Bool

    /// Allocates `byteCount` bytes at a multiple of 64. Exits with status 1 and a message if memory is
    /// exhausted.
    public init(byteCount: Int) {
        contract(byteCount >= 0 && byteCount < 1 << 60, "Storage: \(byteCount) bytes")
        let size = max(64, (byteCount + 63) & ~63)
        var block: UnsafeMutableRawPointer?
        // Large blocks start on a 2 MiB border, so that the kernel can back them with huge pages.
        let hugePage = 2 << 20
        let status = posix_memalign(&block, size >= hugePage ? hugePage : 64, size)
        guard status == 0, let block else {
            OutOfMemory.end(byteCount: size, reason: String(cString: strerror(status)))
        }
        if size >= hugePage { _ = madvise(block, size, MADV_HUGEPAGE) }
        address = block
        self.byteCount = size
        isOwned = true
    }

    /// A view of memory owned by the caller, who keeps it alive longer than this object.
    public init(viewing address: UnsafeMutableRawPointer, byteCount: Int) {
        self.address = address
        self.byteCount = byteCount
        isOwned = false
    }

    deinit {
        if isOwned { free(address) }
    }
}
