/// The unpacked bytes of compressed data, in order.
package protocol UnpackedStream: AnyObject {
    /// Unpacks the next bytes.
    /// - Returns: the number of bytes; it is smaller than the buffer only at the end of the data.
    /// - Throws: `DatasetError` of kind `truncated` or `corrupt`.
    func read(into target: UnsafeMutableRawPointer, _ room: Int) throws(DatasetError) -> Int
}
