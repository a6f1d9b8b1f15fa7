extension Checkpoint {
    /// Makes a checkpoint's manifest that of its files as they are now: for tests of what lies behind the checksums.
    /// - Throws: `CheckpointError` when the manifest or a file cannot be read, or the manifest cannot be written.
    package static func seal(_ directory: String) throws(CheckpointError) {
        var manifest = try Manifest(reading: directory)
        for name in manifest.files.keys {
            manifest.files[name] = try Checksum.record(of: directory + "/" + name)
        }
        _ = try DurableFile.write(manifest.encoded(), to: directory + "/manifest.json")
    }
}
