import Glibc

/// Reads arrays from files of any format that has them, by their first bytes: NPY, or NPZ and HDF5 with the name of an array
/// behind a colon, as in `digits.npz:train` and `digits.h5:/train/images`.
package enum ArrayReader {
    /// Reads the arrays of some files, one behind the other along their first dimension.
    /// - Throws: `DatasetError` for whatever is wrong with a file, and for arrays of different types or shapes.
    package static func read(_ files: DataFiles) throws(DatasetError) -> ArrayContent {
        try joined(try files.arrays(), name: files.description) { (file) throws(DatasetError) in
            try read(file)
        }
    }

    /// Reads the numbers of some files.
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
        guard array.name == nil else {
            throw DatasetError(
                .format, array.path, "it has a single array without a name, and \(array) names one",
                advice: "leave the name out")
        }
        return try NPYReader.parse(file)
    }

    /// Arrays one behind the other.
    /// - Parameter name: what all of them are called in messages.
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

    /// An array that does not follow another.
    package static func mismatch(
        _ path: String, _ kind: String, _ firstPath: String, _ first: String
    ) -> DatasetError {
        DatasetError(
            .mismatch, path, "the array is \(kind), and that of \(firstPath) is \(first)",
            advice: "give arrays of one type, which differ only in their first extent")
    }
}
