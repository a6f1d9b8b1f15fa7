import Glibc
import LockstepReaders

/// The formats that can be described.
package enum FileFormat: String, CaseIterable, Sendable {
    case csv, jsonl, npy, npz, hdf5, idx, cifar10, text
    case imageFolder = "image_folder"
    case imageShards = "image_shards"
    case soundFolder = "sound_folder"

    /// The format of a file from its first bytes and extension, or of a folder from its files.
    static func detect(_ path: String, _ limit: Int) throws(DatasetError) -> FileFormat {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileBuffer.failure(path, errno) }
        if status.st_mode & S_IFMT == S_IFDIR { return folder(path) }
        let (file, _) = try SourceFile.mapped(path, unpackingAtMost: min(limit, 1 << 20))
        try ForeignFormat.refuse(file)
        let bytes = file.bytes
        if NPYReader.isArray(bytes) { return .npy }
        if ZipArchive.isArchive(bytes) { return .npz }
        if HDF5Reader.isFile(bytes) { return .hdf5 }
        if bytes.count > 262, bytes[257..<262].elementsEqual("ustar".utf8) { return .imageShards }
        if bytes.count >= 4, bytes[0] == 0, bytes[1] == 0, 8...14 ~= bytes[2], 1...6 ~= bytes[3] {
            return .idx
        }
        var name = path.lowercased()
        for ending in [".gz", ".zst", ".zstd"] where name.hasSuffix(ending) {
            name.removeLast(ending.count)
        }
        if name.hasSuffix(".bin"), file.bytes.count.isMultiple(of: CIFAR10Reader.recordByteCount) {
            return .cifar10
        }
        if [".csv", ".tsv", ".tab"].contains(where: name.hasSuffix) { return .csv }
        if [".jsonl", ".ndjson", ".json"].contains(where: name.hasSuffix) { return .jsonl }
        guard ![".txt", ".md", ".text"].contains(where: name.hasSuffix) else { return .text }
        if bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") { return .jsonl }
        return DelimiterGuess(file).fields > 1 ? .csv : .text
    }

    private static func folder(_ path: String) -> FileFormat {
        if access("\(path)/data_batch_1.bin", F_OK) == 0
            || access("\(path)/cifar-10-batches-bin/data_batch_1.bin", F_OK) == 0
        {
            return .cifar10
        }
        let sounds = try? FolderFiles.list(path, endings: soundEndings, classes: nil, canBeUnlabeled: true)
        return sounds == nil ? .imageFolder : .soundFolder
    }

    static let imageEndings = ["jpg", "jpeg", "png", "tif", "tiff"]
    static let soundEndings = ["wav", "flac"]
}

/// The delimiter that splits the first rows of a file into the most fields, with the same number in every row.
struct DelimiterGuess {
    private(set) var delimiter = UInt8(ascii: ",")
    /// The number of fields in a row.
    private(set) var fields = 1

    init(_ file: SourceFile) {
        var best = 0
        // Every text has blanks: they separate fields only if nothing else does.
        for candidate in Array(",;\t| ".utf8) where candidate != 0x20 || fields == 1 {
            var scanner = CSVScanner(file, delimiter: candidate)
            var counts: [Int: Int] = [:]
            for _ in 0..<20 {
                guard let isAtEnd = try? scanner.isAtEnd(), !isAtEnd else { break }
                let start = scanner
                if let count = try? scanner.fieldCount() {
                    counts[count, default: 0] += 1
                } else {
                    scanner = start
                    scanner.skipLine()
                }
            }
            // First compares the number of rows with the most frequent number of fields, then that number.
            guard let (count, rows) = counts.max(by: { ($0.value, $0.key) < ($1.value, $1.key) }), count > 1
            else {
                continue
            }
            let fit = rows * 10_000 + min(count, 9_999)
            if fit > best { (best, delimiter, fields) = (fit, candidate, count) }
        }
    }
}
