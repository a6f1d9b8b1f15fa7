import Glibc

/// Where the numbers of an array are stored: unchanged in its file, or packed.
package struct ArrayPlace {
    /// Consecutive rows: from `first` up to the first row of the next run.
    package struct Run: Codable, Sendable, Equatable {
        package var first: Int
        /// The position of its first byte in the file.
        package var offset: Int

        package init(first: Int, offset: Int) { (self.first, self.offset) = (first, offset) }
    }

    /// Why the numbers of an array cannot be read in place.
    package enum Packing: String {
        /// An HDF5 data set with filters, with the other byte order, or with chunks that hold parts of rows.
        case hdf5
        /// A deflated member of an NPZ file.
        case member
        /// A file that is compressed as a whole.
        case file
        /// An NPY file, or a stored member of an NPZ file, in Fortran order.
        case columns
    }

    package enum Storage {
        case inFile([Run], isSwapped: Bool)
        case packed(Packing, isSwapped: Bool = false)
    }

    /// The path of the file, followed by a colon and the name of the array.
    package let path: String
    package let element: RawArray.Element
    /// The extents, outermost first.
    package let extents: [Int]
    package let storage: Storage

    /// The number of numbers.
    package var elementCount: Int { extents.reduce(1, *) }
    /// The number of numbers of a row.
    package var width: Int { extents.dropFirst().reduce(1, *) }

    /// Inspects the beginning of a file, or its directory.
    /// - Parameter needsRuns: whether the positions of rows are needed, which is slow for a data set of many chunks; otherwise those
    ///   of HDF5 are reported as packed.
    /// - Returns: nil for texts, and for files that must be read as a whole.
    /// - Throws: `DatasetError` for a file that cannot be read or is invalid.
    package static func find(_ array: ArrayName, needsRuns: Bool = true) throws(DatasetError) -> ArrayPlace? {
        if HDF5Reader.isFile(array.path) {
            return try HDF5Reader.place(array.path, array.name, needsRuns: needsRuns)
        }
        let file = try SourceFile(mapping: array.path)
        if let compression = Compression(file.bytes) {
            // Only for a file of one array: other files have their directory at the end.
            let stream = try compression.stream(file.block, path: file.path)
            let beginning = MemoryBlock(count: headerByteCount)
            beginning.truncate(to: try stream.read(into: beginning.address, beginning.count))
            guard array.name == nil else { return nil }
            return place(beginning.bytes, offset: 0, path: array.path, packing: .file)
        }
        if ZipArchive.isArchive(file.bytes) {
            let archive = try ZipArchive(file)
            let member = try NPZReader.find(array.name, in: archive, file.path)
            let range = try archive.range(of: member, "\(array)")
            let beginning = archive.beginning(member, count: headerByteCount)
            return place(
                beginning.bytes, offset: range.lowerBound, path: "\(array)",
                packing: member.method == 0 ? nil : .member, byteCount: member.count)
        }
        guard array.name == nil else { return nil }
        return place(file.bytes, offset: 0, path: array.path, packing: nil, byteCount: file.bytes.count)
    }

    private static let headerByteCount = 1 << 16

    /// - Parameters:
    ///   - offset: where the NPY file begins.
    ///   - packing: nil if the numbers are stored unchanged in the file.
    ///   - byteCount: the size of the NPY file; nil if unknown.
    private static func place(
        _ bytes: UnsafeBufferPointer<UInt8>, offset: Int, path: String, packing: Packing?,
        byteCount: Int? = nil
    ) -> ArrayPlace? {
        guard let fields = NPYReader.fields(bytes), let size = NPYReader.byteCount(bytes),
            case .number(let element, let isSwapped)? = NPYElement(fields.description), !fields.shape.isEmpty
        else { return nil }
        let isTransposed = fields.isFortranOrder && fields.shape.count > 1
        guard !isTransposed || packing == nil else { return nil }
        // A file of another size is refused by the reader, with a better message.
        guard byteCount.map({ $0 == size }) ?? true else { return nil }
        let header = size - fields.shape.reduce(1, *) * element.byteCount
        return ArrayPlace(
            path: path, element: element, extents: fields.shape,
            storage: (isTransposed ? .columns : packing).map { .packed($0, isSwapped: isSwapped) }
                ?? .inFile([Run(first: 0, offset: offset + header)], isSwapped: isSwapped))
    }

    /// Passes the unpacked numbers of an array to a closure, in row-major order.
    package static func unpack(
        _ array: ArrayName, _ packing: Packing,
        to sink: (UnsafeRawBufferPointer) throws(DatasetError) -> Void
    ) throws(DatasetError) {
        if packing == .hdf5 { return try HDF5Reader.unpack(array.path, array.name, to: sink) }
        if packing == .columns { return try TransposedArray(array).rows(to: sink) }
        let file = try SourceFile(mapping: array.path)
        let stream: any UnpackedStream
        if packing == .member {
            let archive = try ZipArchive(file)
            let member = try NPZReader.find(array.name, in: archive, file.path)
            stream = try DeflateStream(
                file.block, archive.range(of: member, "\(array)"), path: "\(array)")
        } else {
            guard let compression = Compression(file.bytes) else { throw changed(array) }
            stream = try compression.stream(file.block, path: file.path)
        }
        let piece = MemoryBlock(count: 4 << 20)
        var count = try stream.read(into: piece.address, piece.count)
        let beginning = UnsafeBufferPointer(rebasing: piece.bytes[..<count])
        guard let fields = NPYReader.fields(beginning), var rest = NPYReader.byteCount(beginning),
            case .number(let element, _)? = NPYElement(fields.description)
        else { throw changed(array) }
        var start = rest - fields.shape.reduce(1, *) * element.byteCount
        while count > 0 {
            guard count <= rest else {
                throw DatasetError(
                    .format, "\(array)", "it continues after the numbers that its header announces",
                    advice: "write it again")
            }
            try sink(UnsafeRawBufferPointer(start: piece.address + start, count: count - start))
            rest -= count
            start = 0
            count = try stream.read(into: piece.address, piece.count)
        }
        guard rest == 0 else {
            throw DatasetError(
                .truncated, "\(array)", "\(rest) bytes of its numbers are missing",
                advice: "fetch the file again; it is damaged or not complete")
        }
    }

    static func changed(_ array: ArrayName) -> DatasetError {
        DatasetError(
            .mismatch, "\(array)", "the file changed while it was read",
            advice: "start again when it is complete")
    }
}
