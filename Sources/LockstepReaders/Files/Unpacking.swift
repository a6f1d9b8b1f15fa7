import Glibc

/// Unpacks compressed data into memory. A small file can claim a huge size, so no more memory is allocated than its contents
/// announce and the machine has available.
package struct Unpacking {
    /// The number of bytes that are unpacked before the first check.
    private static let firstPiece = 1 << 18
    /// Contents of unknown size are counted first if they exceed this many bytes, or if they would take a quarter of
    /// the available memory while their buffer grows.
    private static let largestUncounted = 1 << 28

    /// The path of the file, for messages.
    let path: String
    /// The name of the compression, for messages.
    let name: String
    /// The number of packed bytes.
    let packedCount: Int
    /// The maximum number of unpacked bytes per packed byte.
    let largestGrowth: Int
    /// Opens a stream of the unpacked bytes from their beginning.
    let open: () throws(DatasetError) -> any UnpackedStream

    /// Unpacks all members or frames of a compressed file.
    /// - Throws: `DatasetError` of kind `truncated`, `corrupt`, or `tooLarge`.
    package static func unpack(
        _ packed: MemoryBlock, _ compression: Compression, path: String, _ expectation: ContentExpectation
    ) throws(DatasetError) -> MemoryBlock {
        try Unpacking(
            path: path, name: compression.rawValue, packedCount: packed.count,
            largestGrowth: compression.largestGrowth,
            open: { () throws(DatasetError) in try compression.stream(packed, path: path) }
        ).unpack(expectation)
    }

    /// Unpacks all bytes.
    /// - Throws: `DatasetError` of kind `truncated`, `corrupt`, or `tooLarge`.
    func unpack(_ expectation: ContentExpectation) throws(DatasetError) -> MemoryBlock {
        let stream = try open()
        let result = MemoryBlock(count: Self.firstPiece)
        var filled = try stream.read(into: result.address, result.count)
        if filled == result.count, let announced = expectation.byteCount(result.bytes) {
            guard announced / largestGrowth <= packedCount else {
                throw DatasetError(
                    .truncated, path, .byte(packedCount),
                    "the header announces \(announced) bytes, but \(packedCount) bytes of \(name) data cannot hold that many",
                    advice: "fetch the file again; it is damaged or not complete")
            }
            try expectation.require(announced, path)
            // One byte more, to detect excess data.
            result.resize(to: max(filled, announced + 1))
            filled += try stream.read(into: result.address + filled, result.count - filled)
            guard filled <= announced else {
                throw DatasetError(
                    .format, path, .byte(announced),
                    "the file continues after the \(announced) bytes that its header announces",
                    advice: "write it again; its header and its length contradict each other")
            }
            result.truncate(to: filled)
            return result
        }
        if expectation.isHopeless(UnsafeBufferPointer(rebasing: result.bytes[..<filled])) {
            result.truncate(to: filled)
            return result
        }
        let beginning = MemoryBlock(copying: ContiguousArray(result.bytes[..<filled]))
        let uncounted = min(Self.largestUncounted, (expectation.available ?? .max) / 8)
        while filled == result.count, filled < uncounted {
            result.resize(to: filled * 2)
            filled += try stream.read(into: result.address + filled, filled)
        }
        guard filled == result.count else {
            try expectation.require(filled, path, beginning: beginning.bytes)
            result.truncate(to: filled)
            return result
        }
        let total = filled + (try rest(of: stream))
        try expectation.require(total, path, beginning: beginning.bytes)
        let counted = MemoryBlock(count: total)
        _ = try open().read(into: counted.address, total)
        return counted
    }

    /// Counts the remaining bytes without keeping them.
    private func rest(of stream: any UnpackedStream) throws(DatasetError) -> Int {
        let scratch = MemoryBlock(count: 1 << 20)
        var total = 0
        while true {
            let count = try stream.read(into: scratch.address, scratch.count)
            total += count
            if count < scratch.count { return total }
        }
    }
}
