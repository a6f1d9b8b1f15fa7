import Foundation

/// What a complete checkpoint consists of: written last, so that a checkpoint with a manifest has everything.
public struct Manifest: Codable, Sendable, Hashable {
    /// The version of the layout.
    public static let currentFormat = 1

    /// The version of the layout of this checkpoint.
    public var format: Int
    /// The step after which it was written.
    public var step: Int
    /// Size and checksum of every other file.
    public var files: [String: FileRecord]
    /// What wrote it: program, libraries, processor. Another one may compute other bits.
    public var versions: [String: String]

    /// Deterministic JSON.
    func encoded() throws(CheckpointError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else {
            throw .state(section: "manifest", reason: "it cannot be written as JSON")
        }
        return Array(data) + [UInt8(ascii: "\n")]
    }

    /// Reads the manifest of a checkpoint's directory.
    init(reading directory: String) throws(CheckpointError) {
        let path = directory + "/manifest.json"
        let data = try StateSections.contents(of: path)
        guard let manifest = try? JSONDecoder().decode(Manifest.self, from: data) else {
            throw .damaged(path: path, reason: "it is not a manifest in JSON")
        }
        guard manifest.format == Manifest.currentFormat else {
            throw .damaged(
                path: path,
                reason: "it has format \(manifest.format); this program reads \(Manifest.currentFormat)")
        }
        self = manifest
    }

    init(step: Int, files: [String: FileRecord], versions: [String: String]) {
        format = Manifest.currentFormat
        self.step = step
        self.files = files
        self.versions = versions
    }
}
