internal import CZlib
import Glibc

/// The gzip format (RFC 1952), with the checksum and length of every member checked.
enum Gzip {
    /// Unpacks all members of a gzip file.
    /// - Throws: `DatasetError` of kind `truncated` or `corrupt`.
    static func unpack(_ packed: MemoryBlock, path: String) throws(DatasetError) -> MemoryBlock {
        var stream = z_stream()
        let header = inflateInit2_(&stream, 16 + 15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard header == Z_OK else {
            throw DatasetError(
                .unreadable, path, "zlib refused to start (\(header))", advice: "check the installed zlib")
        }
        defer { inflateEnd(&stream) }
        let result = MemoryBlock(count: sizeHint(packed))
        // zlib counts in 32 bits: both sides are handed over in pieces.
        let piece = 1 << 30
        var consumed = 0
        var produced = 0
        while true {
            if produced == result.count { result.resize(to: result.count * 2) }
            let offered = min(piece, packed.count - consumed)
            let room = min(piece, result.count - produced)
            stream.next_in = packed.address.assumingMemoryBound(to: UInt8.self) + consumed
            stream.avail_in = UInt32(offered)
            stream.next_out = result.address.assumingMemoryBound(to: UInt8.self) + produced
            stream.avail_out = UInt32(room)
            let status = inflate(&stream, Z_NO_FLUSH)
            let taken = offered - Int(stream.avail_in)
            let given = room - Int(stream.avail_out)
            consumed += taken
            produced += given
            switch status {
            case Z_STREAM_END:
                if consumed == packed.count {
                    result.truncate(to: produced)
                    return result
                }
                guard packed.count - consumed >= 2, packed.bytes[consumed] == 0x1F,
                    packed.bytes[consumed + 1] == 0x8B, inflateReset(&stream) == Z_OK
                else {
                    throw DatasetError(
                        .corrupt, path, .byte(consumed),
                        "\(packed.count - consumed) bytes follow the end of the gzip data",
                        advice: "fetch the file again")
                }
            case Z_OK, Z_BUF_ERROR:
                let isStuck = taken == 0 && given == 0
                if consumed == packed.count && (isStuck || produced < result.count) {
                    throw DatasetError(
                        .truncated, path, .byte(consumed), "the gzip data end too early",
                        advice: "fetch the file again; it is not complete")
                }
            default:
                let reason = stream.msg.map { String(cString: $0) } ?? "zlib error \(status)"
                throw DatasetError(
                    .corrupt, path, .byte(consumed), "the gzip data are damaged (\(reason))",
                    advice: "fetch the file again")
            }
        }
    }

    /// The size that the last member names, within what deflate can reach: a damaged file must not ask for more.
    private static func sizeHint(_ packed: MemoryBlock) -> Int {
        guard packed.count >= 18 else { return 4096 }
        let tail = UnsafeRawPointer(packed.address).loadUnaligned(
            fromByteOffset: packed.count - 4, as: UInt32.self)
        return max(4096, min(Int(UInt32(littleEndian: tail)) + 1, packed.count * 64))
    }
}
