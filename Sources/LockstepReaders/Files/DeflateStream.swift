internal import CZlib
import Glibc

/// The unpacked bytes of deflate data without a frame (RFC 1951), as in the members of a zip file.
package final class DeflateStream: UnpackedStream {
    private let packed: UnsafeBufferPointer<UInt8>
    private let block: MemoryBlock
    private let path: String
    private var stream = z_stream()
    private var consumed = 0
    private var isAtEnd = false

    /// - Parameter range: where the data lie in the block.
    package init(_ block: MemoryBlock, _ range: Range<Int>, path: String) throws(DatasetError) {
        self.block = block
        packed = UnsafeBufferPointer(rebasing: block.bytes[range])
        self.path = path
        // Negative: neither a header nor a checksum.
        let status = inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
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
            stream.next_in = packed.baseAddress.map { UnsafeMutablePointer(mutating: $0 + consumed) }
            stream.avail_in = UInt32(offered)
            stream.next_out = target.assumingMemoryBound(to: UInt8.self) + produced
            stream.avail_out = UInt32(wanted)
            let status = inflate(&stream, Z_NO_FLUSH)
            let taken = offered - Int(stream.avail_in)
            let given = wanted - Int(stream.avail_out)
            consumed += taken
            produced += given
            switch status {
            case Z_STREAM_END: isAtEnd = true
            case Z_OK, Z_BUF_ERROR:
                guard taken > 0 || given > 0 else {
                    throw DatasetError(
                        .truncated, path, "its deflate data end too early",
                        advice: "fetch the file again; it is not complete")
                }
            default:
                let reason = stream.msg.map { String(cString: $0) } ?? "zlib error \(status)"
                throw DatasetError(
                    .corrupt, path, "its deflate data are damaged (\(reason))", advice: "fetch the file again"
                )
            }
        }
        return produced
    }
}
