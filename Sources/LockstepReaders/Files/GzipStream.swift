internal import CZlib
import Glibc

/// The unpacked bytes of all members of gzip data (RFC 1952), with the checksum and length of each member checked.
package final class GzipStream: UnpackedStream {
    private let packed: MemoryBlock
    private let path: String
    private var stream = z_stream()
    private var consumed = 0
    private var isAtEnd = false

    package init(_ packed: MemoryBlock, path: String) throws(DatasetError) {
        self.packed = packed
        self.path = path
        let status = inflateInit2_(&stream, 16 + 15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            throw DatasetError(
                .unreadable, path, "zlib refused to start (\(status))", advice: "check the installed zlib")
        }
    }

    deinit { inflateEnd(&stream) }

    package func read(into target: UnsafeMutableRawPointer, _ room: Int) throws(DatasetError) -> Int {
        // zlib counts in 32 bits: both sides are handed over in pieces.
        let piece = 1 << 30
        var produced = 0
        while !isAtEnd, produced < room {
            let offered = min(piece, packed.count - consumed)
            let wanted = min(piece, room - produced)
            stream.next_in = packed.address.assumingMemoryBound(to: UInt8.self) + consumed
            stream.avail_in = UInt32(offered)
            stream.next_out = target.assumingMemoryBound(to: UInt8.self) + produced
            stream.avail_out = UInt32(wanted)
            let status = inflate(&stream, Z_NO_FLUSH)
            let taken = offered - Int(stream.avail_in)
            let given = wanted - Int(stream.avail_out)
            consumed += taken
            produced += given
            switch status {
            case Z_STREAM_END: try beginMember()
            case Z_OK, Z_BUF_ERROR:
                let isStuck = taken == 0 && given == 0
                if consumed == packed.count && (isStuck || produced < room) {
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
        return produced
    }

    /// After the end of a member: starts the next one, or ends the data.
    private func beginMember() throws(DatasetError) {
        guard consumed < packed.count else {
            isAtEnd = true
            return
        }
        guard packed.count - consumed >= 2, packed.bytes[consumed] == 0x1F,
            packed.bytes[consumed + 1] == 0x8B, inflateReset(&stream) == Z_OK
        else {
            throw DatasetError(
                .corrupt, path, .byte(consumed),
                "\(packed.count - consumed) bytes follow the end of the gzip data",
                advice: "fetch the file again")
        }
    }
}
