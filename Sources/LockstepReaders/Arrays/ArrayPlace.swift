import Glibc

/// Where the numbers of an array lie: in its file as they are, or packed.
package struct ArrayPlace {
    /// Consecutive rows: those from `first` on, up to the first of the next run.
    package struct Run: Codable, Sendable, Equatable {
        package var first: Int
        /// Where its first byte lies in the file.
        package var offset: Int

        package init(first: Int, offset: Int) { (self.first, self.offset) = (first, offset) }
    }

    /// Why the numbers of an array cannot be read where they lie.
    package enum Packing: String {
        /// A data set of HDF5 with filters, numbers of another byte order, or chunks that hold parts of rows.
        case hdf5
        /// A deflated member of an NPZ file.
        case member
        /// A file that is compressed as a whole.
        case file
    }

    package enum Storage {
        case inFile([Run], isSwapped: Bool)
        case packed(Packing, isSwapped: Bool = false)
    }

    /// The path of the file, with the name of the array behind a colon.
    package let path: String
    package let element: RawArray.Element
    /// The extents, outermost first.
    package let extents: [Int]
    package let storage: Storage

    /// The number of numbers.
    package var elementCount: Int { extents.reduce(1, *) }
    /// The number of numbers of a row.
    package var width: Int { extents.dropFirst().reduce(1, *) }

    /// Looks at the beginning of a file, or at its directory.
    /// - Parameter needsRuns: whether the places of rows are needed, which takes a while for a data set of many chunks; else those
    ///   of HDF5 are reported as packed.
    /// - Returns: nil for texts, and for what has to be read as a whole.
    /// - Throws: `DatasetError` for whatever is wrong with the file.
    package static func find(_ array: ArrayName, needsRuns: Bool = true) throws(DatasetError) -> ArrayPlace? {
        if HDF5Reader.isFile(array.path) {
            return try HDF5Reader.place(array.path, array.name, needsRuns: needsRuns)
        }
        let file = try SourceFile(mapping: array.path)
        if let compression = Compression(file.bytes) {
            // Only an array alone: the directory of other files is at their end.
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
    ///   - packing: nil if the numbers lie in the file as they are.
    ///   - byteCount: the size of the NPY file; nil if unknown.
    private static func place(
        _ bytes: UnsafeBufferPointer<UInt8>, offset: Int, path: String, packing: Packing?,
        byteCount: Int? = nil
    ) -> ArrayPlace? {
        guard let fields = NPYReader.fields(bytes), let size = NPYReader.byteCount(bytes),
            case .number(let element, let isSwapped)? = NPYElement(fields.description),
            !fields.isFortranOrder || fields.shape.count <= 1, !fields.shape.isEmpty
        else { return nil }
        // A file of another size is refused by the reader, which knows what to say.
        guard byteCount.map({ $0 == size }) ?? true else { return nil }
        let header = size - fields.shape.reduce(1, *) * element.byteCount
        return ArrayPlace(
            path: path, element: element, extents: fields.shape,
            storage: packing.map { .packed($0, isSwapped: isSwapped) }
                ?? .inFile([Run(first: 0, offset: offset + header)], isSwapped: isSwapped))
    }

    /// Hands the numbers of a packed array over, in order and row-major, as they were before they were packed.
    package static func unpack(
        _ array: ArrayName, _ packing: Packing,
        to sink: (UnsafeRawBufferPointer) throws(DatasetError) -> Void
    ) throws(DatasetError) {
        if packing == .hdf5 { return try HDF5Reader.unpack(array.path, array.name, to: sink) }
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
                    .format, "\(array)", "it goes on behind the numbers that its header announces",
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

    private static func changed(_ array: ArrayName) -> DatasetError {
        DatasetError(
            .mismatch, "\(array)", "the file changed while it was read",
            advice: "start again when it is complete")
    }
}
