internal import CKernels
internal import CZlib

/// CRC-32 as in gzip.
enum Checksum {
    /// The checksum of data with the checksum `checksum` followed by more bytes; the checksum of empty data is 0.
    static func extend(_ checksum: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        guard let start = bytes.baseAddress else { return checksum }
        var result = checksum
        let done = lockstep_crc32_extend(&result, start, bytes.count)
        let rest = (start + done).assumingMemoryBound(to: UInt8.self)
        return UInt32(truncatingIfNeeded: crc32_z(UInt(result), rest, bytes.count - done))
    }

    /// The checksum of an open file.
    /// - Parameter progress: called whenever a part has been read.
    static func checksum(
        _ descriptor: Int32, size: Int, path: String, progress: () -> Void
    ) throws(CheckpointError) -> UInt32 {
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { block.deallocate() }
        var checksum: UInt32 = 0
        var offset = 0
        while offset < size {
            let part = UnsafeMutableRawBufferPointer(rebasing: block[..<min(block.count, size - offset)])
            try SystemCalls.readAll(descriptor, into: part, at: offset, path: path)
            checksum = extend(checksum, UnsafeRawBufferPointer(part))
            offset += part.count
            progress()
        }
        return checksum
    }
}
