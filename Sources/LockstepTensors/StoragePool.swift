import Glibc

/// A pool of memory that is reused step after step without heap allocation.
///
/// The pool keeps every storage that it allocated, by size class (eight per power of two), and hands out one
/// without other references. Storages are not returned explicitly: a storage is free when its last tensor is
/// released. Not thread-safe: each rank's step has one pool. Taking costs a scan over one size class.
public final class StoragePool {
    private var classes: ContiguousArray<ContiguousArray<Storage>>

    /// The bytes allocated since the pool was created; a steady-state step does not change it.
    public private(set) var allocatedByteCount = 0
    /// The storages allocated since the pool was created.
    public private(set) var allocationCount = 0

    private let poison: UInt8?

    /// An empty pool.
    public convenience init() { self.init(poison: nil) }

    /// An empty pool that fills its memory with a byte before handing it out: tests find operations that read
    /// uninitialized memory or leave outputs unwritten. With 0xFF float32 and bfloat16 numbers are NaN.
    package init(poison: UInt8?) {
        classes = ContiguousArray(repeating: [], count: 60 * 8)
        self.poison = poison
    }

    /// A storage of at least `byteCount` bytes with arbitrary contents.
    public func take(byteCount: Int) -> Storage {
        let (sizeClass, size) = StoragePool.sizeClass(byteCount)
        for index in 0..<classes[sizeClass].count
        where isKnownUniquelyReferenced(&classes[sizeClass][index]) {
            return poisoned(classes[sizeClass][index])
        }
        let storage = Storage(byteCount: size)
        classes[sizeClass].append(storage)
        allocatedByteCount += size
        allocationCount += 1
        return poisoned(storage)
    }

    private func poisoned(_ storage: Storage) -> Storage {
        if let poison { memset(storage.address, Int32(poison), storage.byteCount) }
        return storage
    }

    /// A tensor with arbitrary contents.
    public func tensor(_ shape: Shape, _ dtype: DType = .float32) -> Tensor {
        let storage = take(byteCount: shape.elementCount * dtype.byteCount)
        return Tensor(storage: storage, byteOffset: 0, shape: shape, dtype: dtype)
    }

    /// The class and rounded size: eight classes per power of two, from 64 bytes on.
    private static func sizeClass(_ byteCount: Int) -> (index: Int, size: Int) {
        let wanted = max(64, byteCount)
        let exponent = Int.bitWidth - 1 - (wanted - 1).leadingZeroBitCount
        // The next lower power of two, divided into eight steps (none below 64 bytes, the alignment).
        let base = 1 << exponent
        let step = max(64, base >> 3)
        let steps = (wanted - base + step - 1) / step
        let size = wanted <= 64 ? 64 : base + steps * step
        return (exponent * 8 + min(7, max(0, steps - 1)), size)
    }
}
