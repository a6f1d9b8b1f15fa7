internal import CZstd

/// The unpacked bytes of all frames of zstd data (RFC 8878); the checksum of each frame that has one is verified.
package final class ZstdStream: UnpackedStream {
    private let packed: MemoryBlock
    private let path: String
    private let stream: OpaquePointer
    private var consumed = 0
    /// Whether the last frame is complete.
    private var isBetweenFrames = true

    package init(_ packed: MemoryBlock, path: String) throws(DatasetError) {
        self.packed = packed
        self.path = path
        // A frame with a window of more than 128 MiB is refused, so that a small file cannot use much memory.
        guard let stream = ZSTD_createDStream() else {
            throw DatasetError(
                .unreadable, path, "zstd could not be started", advice: "check the installed libzstd")
        }
        self.stream = stream
    }

    deinit { ZSTD_freeDStream(stream) }

    package func read(into target: UnsafeMutableRawPointer, _ room: Int) throws(DatasetError) -> Int {
        var output = ZSTD_outBuffer(dst: target, size: room, pos: 0)
        while output.pos < room {
            if isBetweenFrames && consumed == packed.count { break }
            var input = ZSTD_inBuffer(src: packed.address, size: packed.count, pos: consumed)
            let (taken, given) = (input.pos, output.pos)
            let status = ZSTD_decompressStream(stream, &output, &input)
            consumed = input.pos
            guard ZSTD_isError(status) == 0 else { throw damaged(String(cString: ZSTD_getErrorName(status))) }
            isBetweenFrames = status == 0
            if input.pos == taken && output.pos == given && !isBetweenFrames {
                throw DatasetError(
                    .truncated, path, .byte(consumed), "the zstd data end too early",
                    advice: "fetch the file again; it is not complete")
            }
        }
        return output.pos
    }

    private func damaged(_ reason: String) -> DatasetError {
        DatasetError(
            .corrupt, path, .byte(consumed), "the zstd data cannot be unpacked (\(reason))",
            advice:
                "fetch the file again; if it needs a window of more than 128 MiB, compress it without --long")
    }
}
