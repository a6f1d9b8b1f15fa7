/// The arrays of an NPZ file: a zip file of NPY files, stored or deflated.
package enum NPZReader {
    /// The file extension of the members that are arrays.
    private static let ending = ".npy"
    /// The number of bytes of a member that are searched for its header.
    private static let headerByteCount = 4096

    /// Reads an array.
    /// - Parameter name: the array's name; nil if the file has only one array that can be read.
    package static func parse(_ file: SourceFile, _ name: String?) throws(DatasetError) -> ArrayContent {
        let archive = try ZipArchive(file)
        let member = try find(name, in: archive, file.path)
        let path = "\(file.path):\(arrayName(member))"
        return try NPYReader.parse(
            archive.contents(member, path: path, .array(NPYReader.byteCount)))
    }

    static func find(
        _ name: String?, in archive: ZipArchive, _ path: String
    ) throws(DatasetError) -> ZipArchive.Member {
        if let name {
            if let member = archive.members.first(where: { $0.name == name + ending || $0.name == name }) {
                return member
            }
            throw DatasetError(
                .missing, path, "there is no array '\(name)'", advice: "the file has \(list(archive))")
        }
        let fitting = archive.members.filter { member in
            guard let fields = fields(member, archive) else { return false }
            return NPYElement(fields.description) != nil && !fields.shape.isEmpty
        }
        guard fitting.count == 1 else {
            throw DatasetError(
                .format, path,
                fitting.isEmpty ? "it has no array that can be read" : "it has \(fitting.count) arrays",
                advice: fitting.isEmpty
                    ? "the file has \(list(archive))"
                    : "name one: \(path):\(arrayName(fitting[0])); the file has \(list(archive))")
        }
        return fitting[0]
    }

    private static func fields(_ member: ZipArchive.Member, _ archive: ZipArchive) -> NPYHeader? {
        let beginning = archive.beginning(member, count: headerByteCount)
        return withExtendedLifetime(beginning) { NPYReader.fields(beginning.bytes) }
    }

    private static func arrayName(_ member: ZipArchive.Member) -> String {
        member.name.hasSuffix(ending) ? String(member.name.dropLast(ending.count)) : member.name
    }

    /// The first twelve members with types and shapes, and the number of the others, for a message.
    private static func list(_ archive: ZipArchive) -> String {
        guard !archive.members.isEmpty else { return "no members" }
        let shown = archive.members.prefix(12).map { member in
            let name = arrayName(member)
            return fields(member, archive).map { "\(name) (\($0.description) \($0.shape))" } ?? name
        }
        let rest = archive.members.count - shown.count
        return shown.joined(separator: ", ") + (rest > 0 ? ", and \(rest) more" : "")
    }
}
