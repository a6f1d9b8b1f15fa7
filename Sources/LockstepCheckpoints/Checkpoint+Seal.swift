import Foundation

extension Checkpoint {
    /// Rewrites a checkpoint's manifest for the current contents of its files, to test the code after the checksum checks.
    /// - Throws: `CheckpointError` if the manifest or a file cannot be read, or if the manifest cannot be written.
    package static func seal(_ directory: String) throws(CheckpointError) {
        var manifest = try Manifest(reading: directory)
        for name in manifest.files.keys {
            guard let data = FileManager.default.contents(atPath: directory + "/" + name) else {
                throw .damaged(path: directory + "/" + name, reason: "it is missing or cannot be read")
            }
            let crc32 = data.withUnsafeBytes { Checksum.extend(0, $0) }
            manifest.files[name] = FileRecord(byteCount: data.count, crc32: crc32)
        }
        let path = directory + "/manifest.json"
        unlink(path)
        _ = try DurableFile.write(manifest.encoded(), to: path)
    }
}
