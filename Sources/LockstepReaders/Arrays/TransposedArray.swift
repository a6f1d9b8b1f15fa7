import Glibc

/// An NPY array in Fortran order, whose rows are spread over its whole file: element (n, i, j, ...) is at n + N (i + I (j + ...)).
///
/// Rows are collected for a block at a time, so the memory in use is that of a block.
package struct TransposedArray {
    private let file: SourceFile
    private let element: RawArray.Element
    private let extents: [Int]
    /// Where the numbers begin in the file.
    private let start: Int

    /// The bytes of the rows that are collected at a time: each column of a block is read in one piece, so larger blocks mean fewer pieces.
    private let blockByteCount: Int

    /// - Throws: `DatasetError` for a file that cannot be read, or that has changed since it was inspected.
    package init(_ array: ArrayName, blockByteCount: Int = 64 << 20) throws(DatasetError) {
        self.blockByteCount = blockByteCount
        file = try SourceFile(mapping: array.path)
        var range = 0..<file.bytes.count
        if ZipArchive.isArchive(file.bytes) {
            let archive = try ZipArchive(file)
            range = try archive.range(of: NPZReader.find(array.name, in: archive, file.path), "\(array)")
        }
        let bytes = UnsafeBufferPointer(rebasing: file.bytes[range])
        guard let fields = NPYReader.fields(bytes), let size = NPYReader.byteCount(bytes),
            size == range.count,
            fields.isFortranOrder, case .number(let element, _)? = NPYElement(fields.description)
        else { throw ArrayPlace.changed(array) }
        (self.element, extents) = (element, fields.shape)
        start = range.upperBound - fields.shape.reduce(1, *) * element.byteCount
    }

    /// Passes the rows to a closure, in row-major order.
    package func rows(to sink: (UnsafeRawBufferPointer) throws(DatasetError) -> Void) throws(DatasetError) {
        switch element.byteCount {
        case 1: try rows(of: UInt8.self, to: sink)
        case 2: try rows(of: UInt16.self, to: sink)
        case 4: try rows(of: UInt32.self, to: sink)
        default: try rows(of: UInt64.self, to: sink)
        }
    }

    private func rows<Bits: FixedWidthInteger>(
        of type: Bits.Type, to sink: (UnsafeRawBufferPointer) throws(DatasetError) -> Void
    ) throws(DatasetError) {
        let (count, columns) = (extents[0], columns)
        let size = MemoryLayout<Bits>.size
        let (width, numbers) = (columns.count, file.block.address + start)
        let most = max(1, min(count, blockByteCount / max(1, width * size)))
        let block = MemoryBlock(count: most * width * size)
        let target = block.address.assumingMemoryBound(to: Bits.self)
        for first in stride(from: 0, to: count, by: most) {
            let rows = min(most, count - first)
            for (place, column) in columns.enumerated() {
                let source = numbers + (column * count + first) * size
                // The numbers of a file may begin at any byte.
                for row in 0..<rows {
                    target[row * width + place] = source.loadUnaligned(
                        fromByteOffset: row * size, as: Bits.self)
                }
            }
            try sink(UnsafeRawBufferPointer(start: block.address, count: rows * width * size))
        }
    }

    /// The column in the file of each number of a row.
    private var columns: [Int] {
        var columns = [0]
        var stride = 1
        for extent in extents.dropFirst() {
            columns = columns.flatMap { column in (0..<extent).map { column + $0 * stride } }
            stride *= extent
        }
        return columns
    }
}
