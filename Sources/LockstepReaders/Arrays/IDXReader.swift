/// The IDX format of the MNIST files: 00 00 type rank, big-endian extents, big-endian numbers.
///
/// Source: LeCun, Cortes, Burges: The MNIST database of handwritten digits.
package enum IDXReader {
    /// Reads the arrays of several IDX files, concatenated.
    package static func read(_ files: DataFiles) throws(DatasetError) -> RawArray {
        try ArrayReader.joined(try files.paths(), name: files.description) { (path) throws(DatasetError) in
            .numbers(try parse(SourceFile(path: path, .array(byteCount))))
        }.requireNumbers()
    }

    /// The size in bytes that the header announces; nil if the header is not complete.
    private static func byteCount(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0, let element = element(bytes[2]),
            1...6 ~= bytes[3], bytes.count >= 4 + 4 * Int(bytes[3])
        else { return nil }
        let extents = extents(bytes)
        guard let count = RawArray.elementCount(extents, byteCount: element.byteCount) else { return nil }
        let start = 4 + 4 * extents.count
        let size = (count * element.byteCount).addingReportingOverflow(start)
        return size.overflow ? nil : size.partialValue
    }

    /// The extents in a complete header.
    private static func extents(_ bytes: UnsafeBufferPointer<UInt8>) -> [Int] {
        (0..<Int(bytes[3])).map { dimension in
            (0..<4).reduce(0) { $0 << 8 | Int(bytes[4 + 4 * dimension + $1]) }
        }
    }

    package static func parse(_ file: SourceFile) throws(DatasetError) -> RawArray {
        let bytes = file.bytes
        guard !bytes.isEmpty else {
            throw DatasetError(.empty, file.path, "the file is empty", advice: "fetch it again")
        }
        guard bytes.count >= 4 else {
            throw DatasetError(
                .truncated, file.path, .byte(bytes.count),
                "an IDX header has at least 4 bytes, this file has \(bytes.count)",
                advice: "fetch the file again")
        }
        guard bytes[0] == 0, bytes[1] == 0, let element = element(bytes[2]), bytes[3] >= 1, bytes[3] <= 6
        else {
            let magic = bytes[..<4].map { byte in
                let text = String(byte, radix: 16)
                return text.count == 1 ? "0" + text : text
            }
            throw DatasetError(
                .format, file.path, .byte(0),
                "not an IDX file: it begins with \(magic.joined(separator: " "))",
                advice: "give a file that begins with 00 00, a type (08 09 0b 0c 0d 0e) and 1 to 6 dimensions"
            )
        }
        let start = 4 + 4 * Int(bytes[3])
        guard bytes.count >= start else {
            throw DatasetError(
                .truncated, file.path, .byte(bytes.count),
                "the IDX header of \(bytes[3]) dimensions has \(start) bytes",
                advice: "fetch the file again")
        }
        let extents = extents(bytes)
        let array = try RawArray(
            file, element, extents: extents, offset: start,
            advice: (
                short: "fetch the file again; it is damaged or not complete",
                long: "fetch the file again; its header and its length contradict each other"
            ))
        array.swapBytes()
        return array
    }

    private static func element(_ code: UInt8) -> RawArray.Element? {
        switch code {
        case 0x08: .uint8
        case 0x09: .int8
        case 0x0B: .int16
        case 0x0C: .int32
        case 0x0D: .float32
        case 0x0E: .float64
        default: nil
        }
    }
}
