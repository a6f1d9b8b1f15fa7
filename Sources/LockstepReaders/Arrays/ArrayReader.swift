import Glibc

/// Reads arrays from NPY, NPZ, HDF5 and IDX files. The first bytes of a file decide its format; in NPZ and HDF5 files, the name of an
/// array follows a colon, as in `digits.npz:train` and `digits.h5:/train/images`.
package enum ArrayReader {
    /// Reads the arrays of several files, concatenated along their first dimension.
    /// - Throws: `DatasetError` for a file that cannot be read or is invalid, and for arrays of different types or shapes.
    package static func read(_ files: DataFiles) throws(DatasetError) -> ArrayContent {
        try joined(try files.arrays(), name: files.description) { (file) throws(DatasetError) in
            try read(file)
        }
    }

    /// Reads the numbers of several files.
    package static func numbers(_ files: DataFiles) throws(DatasetError) -> RawArray {
        try read(files).requireNumbers()
    }

    /// Whether a file that is there has an array of a name.
    /// - Throws: `DatasetError` for whatever else is wrong with the file.
    package static func has(_ array: ArrayName) throws(DatasetError) -> Bool {
        do throws(DatasetError) {
            if HDF5Reader.isFile(array.path) {
                _ = try HDF5Reader.place(array.path, array.name, needsRuns: false)
            } else {
                _ = try read(array)
            }
        } catch {
            guard error.kind == .missing, access(array.path, F_OK) == 0 else { throw error }
            return false
        }
        return true
    }

    /// Reads the array of one file.
    private static func read(_ array: ArrayName) throws(DatasetError) -> ArrayContent {
        if HDF5Reader.isFile(array.path) { return try HDF5Reader.read(array.path, array.name) }
        let file = try SourceFile(path: array.path, .array(NPYReader.byteCount))
        if HDF5Reader.isFile(file.bytes) { return try HDF5Reader.parse(file, array.name) }
        if ZipArchive.isArchive(file.bytes) { return try NPZReader.parse(file, array.name) }
        guard let name = array.name else { return try NPYReader.parse(file) }
        guard NPYReader.isArray(file.bytes) else {
            throw DatasetError(
                .format, array.path, .byte(0), "not an HDF5 or NPZ file, so it has no array \(name)",
                advice: "write it with h5py or numpy.savez, or choose another kind of data (csv for a table)")
        }
        throw DatasetError(
            .format, array.path, "the file has a single array, which has no name, but \(array) names one",
            advice: "leave the name out")
    }

    /// Concatenates arrays.
    /// - Parameter name: the name of the result in messages.
    static func joined<File>(
        _ files: [File], name: String, _ read: (File) throws(DatasetError) -> ArrayContent
    ) throws(DatasetError) -> ArrayContent {
        guard let first = files.first else {
            throw DatasetError(.missing, name, "there are no files", advice: "name at least one")
        }
        let array = try read(first)
        guard files.count > 1, !array.extents.isEmpty else { return array }
        switch array {
        case .numbers(let array):
            var parts = [array]
            for file in files.dropFirst() {
                let part = try read(file).requireNumbers()
                guard part.element == array.element, part.extents.dropFirst() == array.extents.dropFirst()
                else {
                    throw mismatch(
                        part.path, "\(part.extents) \(part.element)", array.path,
                        "\(array.extents) \(array.element)")
                }
                parts.append(part)
            }
            return .numbers(try RawArray(joining: &parts, name: name))
        case .texts(var array):
            for file in files.dropFirst() {
                let part = try read(file)
                guard case .texts(let texts) = part, part.extents.dropFirst() == array.extents.dropFirst()
                else {
                    throw mismatch(
                        part.path, "\(part.extents)", array.path, "texts of shape \(array.extents)")
                }
                try array.append(texts)
            }
            return .texts(array)
        }
    }

    /// The error for an array that cannot be appended to another.
    package static func mismatch(
        _ path: String, _ kind: String, _ firstPath: String, _ first: String
    ) -> DatasetError {
        DatasetError(
            .mismatch, path, "the array is \(kind), but that of \(firstPath) is \(first)",
            advice: "give arrays of the same type that differ only in their first extent")
    }
}
