internal import CZlib

/// CRC-32 as in gzip (ISO 3309).
enum Checksum {
    static func crc(_ address: UnsafeRawPointer, _ count: Int, after previous: UInt32 = 0) -> UInt32 {
        UInt32(
            truncatingIfNeeded: crc32_z(UInt(previous), address.assumingMemoryBound(to: UInt8.self), count))
    }

    static func crc(_ block: MemoryBlock) -> UInt32 { crc(block.address, block.count) }
}
