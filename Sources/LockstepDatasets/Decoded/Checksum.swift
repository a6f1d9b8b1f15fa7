import CKernels
internal import CZlib
import LockstepReaders

/// CRC-32 as in gzip (ISO 3309).
enum Checksum {
    static func crc(_ address: UnsafeRawPointer, _ count: Int, after previous: UInt32 = 0) -> UInt32 {
        var result = previous
        let done = lockstep_crc32_extend(&result, address, count)
        let rest = (address + done).assumingMemoryBound(to: UInt8.self)
        return UInt32(truncatingIfNeeded: crc32_z(UInt(result), rest, count - done))
    }

    /// The checksum of concatenated bytes, from the checksums of both parts.
    /// - Parameter byteCount: the size of the second part.
    static func joined(_ one: UInt32, _ other: UInt32, byteCount: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: crc32_combine(UInt(one), UInt(other), byteCount))
    }

    static func crc(_ block: MemoryBlock) -> UInt32 { crc(block.address, block.count) }
}
