import Glibc

/// The NPY format of NumPy, versions 1 to 3.
///
/// Numbers of type f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8 and b1 in either byte order, and texts (U and S). Fortran order is
/// converted to C order.
/// Source: NumPy Enhancement Proposal 1.
package enum NPYReader {
    private static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

    /// Whether a file begins with the magic bytes of NPY.
    package static func isArray(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool { bytes.starts(with: magic) }

    /// The size in bytes that the header announces; nil if the header is not complete or cannot be read.
    package static func byteCount(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard isArray(bytes), let (text, start) = try? header(bytes, ""),
            let fields = try? NPYHeader(text, file: ""), let element = NPYElement(fields.description),
            let count = RawArray.elementCount(fields.shape, byteCount: element.byteCount)
        else { return nil }
        let size = (count * element.byteCount).addingReportingOverflow(start)
        return size.overflow ? nil : size.partialValue
    }

    /// The header of an array; nil if it cannot be read.
    package static func fields(_ bytes: UnsafeBufferPointer<UInt8>) -> NPYHeader? {
        guard isArray(bytes), let (text, _) = try? header(bytes, "") else { return nil }
        return try? NPYHeader(text, file: "")
    }

    package static func parse(_ file: SourceFile) throws(DatasetError) -> ArrayContent {
        let bytes = file.bytes
        guard !bytes.isEmpty else {
            throw DatasetError(
                .empty, file.path, "the file is empty", advice: "write it again with numpy.save")
        }
        guard isArray(bytes) else {
            throw DatasetError(
                .format, file.path, .byte(0), "not an NPY file",
                advice: "write the array with numpy.save or numpy.savez")
        }
        let (text, start) = try header(bytes, file.path)
        let fields = try NPYHeader(text, file: file.path)
        guard let element = NPYElement(fields.description) else {
            throw DatasetError(
                .format, file.path, .byte(10), "numbers of type '\(fields.description)' are not supported",
                advice: "convert the array with .astype to float32, float64, int16, int32, int64 or uint8")
        }
        let advice = (
            short: "write it again; it is damaged or not complete",
            long: "write the file again with numpy.save, one array to a file"
        )
        switch element {
        case .number(let element, let isSwapped):
            var array = try RawArray(file, element, extents: fields.shape, offset: start, advice: advice)
            if isSwapped { array.swapBytes() }
            if fields.isFortranOrder && fields.shape.count > 1 { array = rowMajor(array) }
            return .numbers(array)
        case .widened(let element, let isSwapped):
            var array = try RawArray(
                file, element.stored, name: "\(element)", extents: fields.shape, offset: start, advice: advice
            )
            if isSwapped { array.swapBytes() }
            if fields.isFortranOrder && fields.shape.count > 1 { array = rowMajor(array) }
            return .numbers(try element.widened(array))
        case .text(let encoding):
            guard !fields.isFortranOrder || fields.shape.count <= 1 else {
                throw DatasetError(
                    .format, file.path, .byte(10),
                    "the texts have the shape \(fields.shape), which is not supported",
                    advice: "give one text for each sample: [N]")
            }
            return .texts(
                try encoding.texts(file, extents: fields.shape, offset: start, advice: advice))
        }
    }

    /// The dictionary before the data, and where the data begin.
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
                .format, path, .byte(6), "NPY version \(version) is not supported",
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

    /// Converts column-major to row-major order.
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
