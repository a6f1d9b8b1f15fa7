import Glibc

/// The NPY format of NumPy, versions 1 to 3.
///
/// Numbers of type f4, f8, i1, i2, i4, i8 and u1 in either byte order; Fortran order is turned into C order.
/// Source: NumPy Enhancement Proposal 1.
package enum NPYReader {
    private static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

    /// Reads an NPY file, gzipped or not.
    package static func read(_ path: String) throws(DatasetError) -> RawArray {
        try parse(SourceFile(path: path, .array(byteCount)))
    }

    /// The size in bytes that the header in the first bytes announces; nil without a complete header that can be read.
    private static func byteCount(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard bytes.count >= 6, bytes[..<6].elementsEqual(magic), let (text, start) = try? header(bytes, ""),
            let fields = try? NPYHeader(text, file: ""), let element = try? element(fields.description, "").0,
            let count = RawArray.elementCount(fields.shape, byteCount: element.byteCount)
        else { return nil }
        let size = (count * element.byteCount).addingReportingOverflow(start)
        return size.overflow ? nil : size.partialValue
    }

    package static func parse(_ file: SourceFile) throws(DatasetError) -> RawArray {
        let bytes = file.bytes
        guard !bytes.isEmpty else {
            throw DatasetError(
                .empty, file.path, "the file is empty", advice: "write it again with numpy.save")
        }
        guard bytes.count >= 6, bytes[..<6].elementsEqual(magic) else {
            let isZip = bytes.count >= 2 && bytes[0] == 0x50 && bytes[1] == 0x4B
            throw DatasetError(
                .format, file.path, .byte(0), isZip ? "this is a zip (npz) file" : "not an NPY file",
                advice: "write each array with numpy.save")
        }
        let (text, start) = try header(bytes, file.path)
        let fields = try NPYHeader(text, file: file.path)
        let (element, isSwapped) = try element(fields.description, file.path)
        var array = try RawArray(
            file, element, extents: fields.shape, offset: start,
            advice: (
                short: "write it again; it is damaged or not complete",
                long: "write the file again with numpy.save, one array to a file"
            ))
        if isSwapped { array.swapBytes() }
        if fields.isFortranOrder && fields.shape.count > 1 { array = rowMajor(array) }
        return array
    }

    /// The dictionary in front of the data, and where the data begin.
    private static func header(
        _ bytes: UnsafeBufferPointer<UInt8>, _ path: String
    ) throws(DatasetError) -> (String, Int) {
        let ends = DatasetError(
            .truncated, path, .byte(bytes.count), "the file ends within its header",
            advice: "write it again with numpy.save")
        guard bytes.count >= 10 else { throw ends }
        let version = bytes[6]
        guard (1...3).contains(version) else {
            throw DatasetError(
                .format, path, .byte(6), "NPY version \(version) is not known",
                advice: "write version 1, 2 or 3")
        }
        var start = 10
        var length = Int(bytes[8]) | Int(bytes[9]) << 8
        if version > 1 {
            guard bytes.count >= 12 else { throw ends }
            start = 12
            length |= Int(bytes[10]) << 16 | Int(bytes[11]) << 24
        }
        guard bytes.count >= start + length else { throw ends }
        return (String(decoding: bytes[start..<start + length], as: UTF8.self), start + length)
    }

    private static func element(
        _ description: String, _ path: String
    ) throws(DatasetError) -> (RawArray.Element, isSwapped: Bool) {
        let order = description.first ?? "?"
        let element: RawArray.Element? =
            switch description.dropFirst() {
            case "u1", "b1": .uint8
            case "i1": .int8
            case "i2": .int16
            case "i4": .int32
            case "i8": .int64
            case "f4": .float32
            case "f8": .float64
            default: nil
            }
        guard let element, "<>|=".contains(order) else {
            throw DatasetError(
                .format, path, .byte(10), "numbers of type '\(description)' are not supported",
                advice: "convert the array with .astype to float32, float64, int16, int32, int64 or uint8")
        }
        return (element, order == ">" && element.byteCount > 1)
    }

    /// Column-major to row-major order.
    private static func rowMajor(_ array: RawArray) -> RawArray {
        let size = array.element.byteCount
        let count = array.elementCount
        let block = MemoryBlock(count: count * size)
        let rank = array.extents.count
        var strides = [Int](repeating: 1, count: rank)
        for dimension in 1..<rank {
            strides[dimension] = strides[dimension - 1] * array.extents[dimension - 1]
        }
        var position = [Int](repeating: 0, count: rank)
        var source = 0
        for index in 0..<count {
            memcpy(block.address + index * size, array.address + source * size, size)
            var dimension = rank - 1
            while dimension >= 0 {
                position[dimension] += 1
                source += strides[dimension]
                if position[dimension] < array.extents[dimension] { break }
                source -= position[dimension] * strides[dimension]
                position[dimension] = 0
                dimension -= 1
            }
        }
        return RawArray(
            path: array.path, element: array.element, extents: array.extents, block: block, offset: 0)
    }
}
