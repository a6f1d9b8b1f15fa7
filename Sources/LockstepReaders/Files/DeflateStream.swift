/// The unpacked bytes of deflate data without a frame (RFC 1951), as in the members of a zip file.
package final class DeflateStream: UnpackedStream {
    private let data: InflateStream

    /// - Parameter range: the position of the data in the block.
    package init(_ block: MemoryBlock, _ range: Range<Int>, path: String) throws(DatasetError) {
        data = try InflateStream(block, range, .none, path: path)
    }

    package func read(into target: UnsafeMutableRawPointer, _ room: Int) throws(DatasetError) -> Int {
        try data.read(into: target, room)
    }
}
