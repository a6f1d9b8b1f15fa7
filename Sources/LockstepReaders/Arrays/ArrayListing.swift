/// The names of the arrays in a file.
package enum ArrayListing {
    /// The arrays of an NPZ file.
    package static func npz(_ file: SourceFile) throws(DatasetError) -> [String] {
        try ZipArchive(file).members.map { member in
            member.name.hasSuffix(".npy") ? String(member.name.dropLast(4)) : member.name
        }
    }

    /// The first twelve data sets of an HDF5 file, and whether there are more.
    package static func hdf5(_ path: String) throws(DatasetError) -> (names: [String], hasMore: Bool) {
        do throws(DatasetError) {
            _ = try HDF5Reader.read(path, "/\u{1}")
        } catch {
            guard error.kind == .missing else { throw error }
            let prefix = "the file has "
            guard error.advice.hasPrefix(prefix + "/") else { return ([], false) }
            let names = error.advice.dropFirst(prefix.count).split(separator: "), ").compactMap { entry in
                entry.hasPrefix("/") ? entry.range(of: " (").map { String(entry[..<$0.lowerBound]) } : nil
            }
            return (names, error.advice.hasSuffix(" more"))
        }
        return ([], false)
    }
}

extension Substring {
    /// The first position of a text in the file.
    fileprivate func range(of text: String) -> Range<Index>? {
        indices.first { self[$0...].hasPrefix(text) }.map { $0..<index($0, offsetBy: text.count) }
    }
}
