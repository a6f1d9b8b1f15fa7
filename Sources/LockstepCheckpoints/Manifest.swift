import Foundation
import Glibc
import LockstepText

/// The list of a checkpoint's files. It is written last, so a checkpoint with a manifest is complete.
public struct Manifest: Sendable, Hashable {
    /// The version of the layout.
    public static let currentFormat = 1
    /// The maximum size of a manifest, in bytes.
    private static let maximumByteCount = 1 << 20

    /// The version of the layout of this checkpoint.
    public var format: Int
    /// The step after which it was written.
    public var step: Int
    /// Size and checksum of every other file.
    public var files: [String: FileRecord]
    /// The program, libraries and processor that wrote it; others may compute different bits.
    public var versions: [String: String]

    init(step: Int, files: [String: FileRecord], versions: [String: String]) {
        format = Manifest.currentFormat
        self.step = step
        self.files = files
        self.versions = versions
    }

    /// CRC-32 of the contents. Each text is preceded by its length, so different manifests give different input.
    private var checksum: UInt32 {
        var lines = "format \(format)\nstep \(step)\n"
        for (name, file) in files.sorted(by: { $0.key < $1.key }) {
            lines += "file \(name.utf8.count) \(name) \(file.byteCount) \(file.crc32)\n"
        }
        for (name, version) in versions.sorted(by: { $0.key < $1.key }) {
            lines += "version \(name.utf8.count) \(name) \(version.utf8.count) \(version)\n"
        }
        return Array(lines.utf8).withUnsafeBytes { Checksum.extend(0, $0) }
    }

    /// The contents of the file; other programs can read it as plain JSON.
    private struct Written: Encodable {
        var crc32: UInt32
        var files: [String: FileRecord]
        var format: Int
        var step: Int
        var versions: [String: String]
    }

    /// Deterministic JSON.
    func encoded() throws(CheckpointError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let written = Written(
            crc32: checksum, files: files, format: format, step: step, versions: versions)
        guard let data = try? encoder.encode(written) else {
            throw .state(section: "manifest", reason: "it cannot be written as JSON")
        }
        return Array(data) + [UInt8(ascii: "\n")]
    }

    /// Reads the manifest of a checkpoint's directory. Manifests of older versions have no checksum.
    package init(reading directory: String) throws(CheckpointError) {
        let path = directory + "/manifest.json"
        let bytes = try Array(
            StateSections.contents(of: path, atMost: Manifest.maximumByteCount))
        self.init(step: 0, files: [:], versions: [:])
        var crc32: Int?
        var keys: Set<String> = []
        var scanner = JSONScanner(bytes, path: path, name: "the manifest")
        try scanner.object { (scanner, key) throws(CheckpointError) in
            keys.insert(key)
            switch key {
            case "crc32": crc32 = try scanner.wholeNumber()
            case "format": format = try scanner.wholeNumber()
            case "step": step = try scanner.wholeNumber()
            case "files": files = try Self.files(&scanner)
            case "versions":
                try scanner.object { (scanner, name) throws(CheckpointError) in
                    versions[name] = try scanner.string()
                }
            default:
                throw scanner.damaged(
                    "it has the unknown key '\(key.printable)'; this program reads format \(Manifest.currentFormat)"
                )
            }
        }
        try scanner.end()
        func damaged(_ reason: String) -> CheckpointError { .damaged(path: path, reason: reason) }
        for key in ["format", "step", "files", "versions"] where !keys.contains(key) {
            throw damaged("the key '\(key)' is missing")
        }
        guard format == Manifest.currentFormat else {
            throw damaged("it has format \(format); this program reads \(Manifest.currentFormat)")
        }
        if let crc32, crc32 != Int(checksum) {
            throw damaged(
                "its checksum is \(String(checksum, radix: 16)), but it records \(String(crc32, radix: 16)): it has changed"
            )
        }
        try requirePlaceInStep(directory, path)
    }

    /// Reads sizes and checksums by name, of exactly the files that every checkpoint has.
    private static func files(_ scanner: inout JSONScanner) throws(CheckpointError) -> [String: FileRecord] {
        var files: [String: FileRecord] = [:]
        try scanner.object { (scanner, name) throws(CheckpointError) in
            guard CheckpointFolder.fileNames.contains(name) else {
                throw scanner.damaged("it lists '\(name.printable)', which is not a file of a checkpoint")
            }
            var byteCount: Int?
            var crc32: UInt32?
            try scanner.object { (scanner, key) throws(CheckpointError) in
                let number = try scanner.wholeNumber()
                switch key {
                case "bytes": byteCount = number
                case "crc32": crc32 = UInt32(exactly: number)
                default: throw scanner.damaged("\(name) has the unknown key '\(key.printable)'")
                }
            }
            guard let byteCount, let crc32 else { throw scanner.damaged("\(name) lacks bytes or crc32") }
            files[name] = FileRecord(byteCount: byteCount, crc32: crc32)
        }
        for name in CheckpointFolder.fileNames where files[name] == nil {
            throw scanner.damaged("it does not list \(name)")
        }
        return files
    }

    /// Requires that a folder named by a step holds the checkpoint of that step.
    private func requirePlaceInStep(_ directory: String, _ path: String) throws(CheckpointError) {
        guard let place = realpath(directory, nil) else { return }
        defer { free(place) }
        let name = String(cString: place).split(separator: "/").last.map(String.init) ?? ""
        if let named = CheckpointFolder.step(of: name), named != step {
            throw .damaged(
                path: path, reason: "it belongs to step \(step), but its folder to step \(named)")
        }
    }
}
