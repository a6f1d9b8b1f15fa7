internal import CZlib
import Glibc

/// The files of a folder of classes: each subfolder is a class, whose files may be in further subfolders.
package struct FolderFiles: SampleFiles {
    /// The folder.
    package let folder: String
    /// The paths below the folder, sorted by class and then by the bytes of the path.
    private let names: [String]

    package var count: Int { names.count }
    package func name(_ sample: Int) -> String { names[sample] }
    package func path(_ sample: Int) -> String { "\(folder)/\(names[sample])" }

    package func read(_ sample: Int, into buffer: FileBuffer) throws(DatasetError) {
        try buffer.read(path(sample))
    }

    /// Lists the files of a folder.
    ///
    /// Files and folders whose name begins with a dot are ignored; a file with another extension is left out, with a note.
    /// Links are followed.
    /// - Parameters:
    ///   - endings: file extensions of the samples, in lower case.
    ///   - classes: the classes of a trained network or of the training set; nil to take all folders as classes.
    ///   - canBeUnlabeled: whether a folder of files without classes is allowed.
    /// - Throws: `DatasetError` for a folder that cannot be read, an unknown class, and a class without files.
    package static func list(
        _ folder: String, endings: [String], classes: [String]?, canBeUnlabeled: Bool
    ) throws(DatasetError) -> LabeledFiles {
        var listing = Listing(folder: folder, endings: endings)
        let top = try listing.entries("")
        let found = sorted(top.folders)
        var notes: [String] = []
        let labels: [Int32]?
        if found.isEmpty {
            guard canBeUnlabeled || top.files.isEmpty else {
                throw DatasetError(
                    .format, folder, "has files, but no folder for each class",
                    advice: "put the files of each class into a folder of its name")
            }
            listing.add(sorted(top.files))
            labels = nil
        } else {
            let outside = top.files.count
            if outside > 0 {
                notes.append("\(folder): \(outside) files outside the folders of classes are left out")
            }
            if classes == nil, found.allSatisfy({ splitNames.contains($0.lowercased()) }) {
                let training = found.first { $0.lowercased().hasPrefix("train") } ?? found[0]
                notes.append(
                    "\(folder): the classes are named \(found.joined(separator: ", ")), like splits of a data set; "
                        + "if they are splits, name one of these folders instead, such as \(folder)/\(training)"
                )
            }
            labels = try listing.addClasses(found, classes ?? found)
        }
        guard !listing.names.isEmpty else {
            throw DatasetError(
                .empty, folder,
                "has no files that end in " + endings.map { "." + $0 }.joined(separator: ", "),
                advice: "check the folder")
        }
        if listing.others > 0 {
            notes.append(
                "\(folder): \(listing.others) files with other extensions are left out, such as \(listing.other)"
            )
        }
        return LabeledFiles(
            files: FolderFiles(folder: folder, names: listing.names),
            classNames: labels == nil ? [] : classes ?? found,
            labels: labels, checksum: listing.checksum, notes: notes)
    }

    /// Usual names of the folders of splits, in lower case.
    private static let splitNames: Set = [
        "train", "training", "val", "valid", "validation", "dev", "test", "testing",
    ]

    private static func sorted(_ names: [String]) -> [String] {
        names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The files found so far.
    private struct Listing {
        let folder: String
        let endings: [String]
        var names: [String] = []
        var checksum: UInt32 = 0
        /// The number of files with other extensions, and one of them.
        var others = 0
        var other = ""
        private var sizes: [String: Int] = [:]

        init(folder: String, endings: [String]) {
            self.folder = folder
            self.endings = endings
        }

        mutating func addClasses(_ found: [String], _ classes: [String]) throws(DatasetError) -> [Int32] {
            var labels: [Int32] = []
            for name in found {
                guard let label = classes.firstIndex(of: name) else {
                    throw DatasetError(
                        .labelOutOfRange, "\(folder)/\(name)", "is not a class of the training set",
                        advice:
                            "remove or rename the folder; for samples without classes, put the files directly into the folder"
                    )
                }
                let (first, othersBefore) = (names.count, others)
                try addTree(name, depth: 0)
                guard names.count > first else {
                    let hasOthers = others > othersBefore
                    throw DatasetError(
                        .empty, "\(folder)/\(name)",
                        "the class has no files that end in "
                            + endings.map { "." + $0 }.joined(separator: ", ")
                            + (hasOthers ? "; others are left out, such as \(other)" : ""),
                        advice: hasOthers ? "convert its files, or remove the folder" : "remove the folder")
                }
                labels += [Int32](repeating: Int32(label), count: names.count - first)
                checksum = FolderFiles.crc("\(label) \(names.count)", after: checksum)
            }
            return labels
        }

        /// Adds files, given by their paths relative to the folder.
        mutating func add(_ paths: [String]) {
            for path in paths {
                checksum = FolderFiles.crc("\(path) \(sizes[path] ?? 0)", after: checksum)
                names.append(path)
            }
            sizes.removeAll(keepingCapacity: true)
        }

        private mutating func addTree(_ path: String, depth: Int) throws(DatasetError) {
            guard depth < 32 else {
                throw DatasetError(
                    .format, "\(folder)/\(path)", "is more than 32 folders deep",
                    advice: "check for a symbolic link that leads in a circle")
            }
            let entries = try entries(path)
            add(FolderFiles.sorted(entries.files))
            for inner in FolderFiles.sorted(entries.folders) { try addTree(inner, depth: depth + 1) }
        }

        /// The paths of the samples and folders in a folder.
        mutating func entries(_ path: String) throws(DatasetError) -> (files: [String], folders: [String]) {
            let place = path.isEmpty ? folder : "\(folder)/\(path)"
            guard let stream = opendir(place) else {
                let code = errno
                guard code == ENOENT || code == ENOTDIR else { throw FileBuffer.failure(place, code) }
                throw DatasetError(
                    .missing, place, code == ENOENT ? "there is no such folder" : "this is not a folder",
                    advice: "check the path (relative paths start at the current folder)")
            }
            defer { closedir(stream) }
            var (files, folders): ([String], [String]) = ([], [])
            while let entry = readdir(stream) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
                }
                guard let name else {
                    throw DatasetError(
                        .format, place, "has a file whose name is not UTF-8", advice: "rename it")
                }
                if name.hasPrefix(".") { continue }
                let inner = path.isEmpty ? name : "\(path)/\(name)"
                var status = stat()
                guard stat("\(folder)/\(inner)", &status) == 0 else {
                    throw FileBuffer.failure("\(folder)/\(inner)", errno)
                }
                if status.st_mode & S_IFMT == S_IFDIR {
                    folders.append(inner)
                } else if let ending = name.split(separator: ".").last?.lowercased(), name.contains("."),
                    endings.contains(ending)
                {
                    files.append(inner)
                    sizes[inner] = Int(status.st_size)
                } else {
                    (others, other) = (others + 1, inner)
                }
            }
            return (files, folders)
        }
    }

    static func crc(_ text: String, after previous: UInt32) -> UInt32 {
        var text = text
        return text.withUTF8 { UInt32(truncatingIfNeeded: crc32_z(UInt(previous), $0.baseAddress, $0.count)) }
    }
}
