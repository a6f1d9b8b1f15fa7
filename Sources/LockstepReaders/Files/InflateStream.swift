internal import CZlib
import Glibc

/// Unpacks data in memory with zlib's `inflate`.
final class InflateStream {
    /// The frame around deflate data (RFC 1951).
    enum Frame {
        /// Header and checksum of gzip (RFC 1952).
        case gzip
        /// No frame.
        case none

        /// zlib's code for the frame and the largest window.
        fileprivate var windowBits: Int32 { self == .gzip ? 16 + 15 : -15 }
        /// What the data are called in messages.
        fileprivate var name: String { self == .gzip ? "the gzip data" : "its deflate data" }
    }

    private let packed: UnsafeBufferPointer<UInt8>
    private let block: MemoryBlock
    private let path: String
    private let frame: Frame
    private var stream = z_stream()
    /// The number of packed bytes that have been read.
    private(set) var consumed = 0
    /// Whether the end of the data, or of one of their members, has been reached.
    private(set) var isAtEnd = false

    /// - Parameter range: the position of the data in the block.
    init(_ block: MemoryBlock, _ range: Range<Int>, _ frame: Frame, path: String) throws(DatasetError) {
        self.block = block
        self.frame = frame
        packed = UnsafeBufferPointer(rebasing: block.bytes[range])
        self.path = path
        let status = inflateInit2_(
            &stream, frame.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            throw DatasetError(
                .unreadable, path, "zlib refused to start (\(status))", advice: "check the installed zlib")
        }
    }

    deinit { inflateEnd(&stream) }

    /// Starts with the next member.
    /// - Returns: whether zlib could be reset.
    func restart() -> Bool {
        isAtEnd = false
        return inflateReset(&stream) == Z_OK
    }

    /// Unpacks the next bytes.
    /// - Returns: the number of bytes; it is smaller than the buffer only at the end of the data or of a member.
    /// - Throws: `DatasetError` of kind `truncated` or `corrupt`.
    func read(into target: UnsafeMutableRawPointer, _ room: Int) throws(DatasetError) -> Int {
        // zlib counts in 32 bits: input and output are passed in pieces.
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
                    throw failure(
                        .truncated, "end too early", advice: "fetch the file again; it is not complete")
                }
            default:
                let reason = stream.msg.map { String(cString: $0) } ?? "zlib error \(status)"
                throw failure(.corrupt, "are damaged (\(reason))", advice: "fetch the file again")
            }
        }
        return produced
    }

    private func failure(_ kind: DatasetError.Kind, _ what: String, advice: String) -> DatasetError {
        // A position within a member of an archive would not be one in the file.
        frame == .gzip
            ? DatasetError(kind, path, .byte(consumed), "\(frame.name) \(what)", advice: advice)
            : DatasetError(kind, path, "\(frame.name) \(what)", advice: advice)
    }
}
