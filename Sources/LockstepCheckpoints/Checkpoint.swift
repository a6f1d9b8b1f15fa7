import Glibc

/// A checkpoint on the disk whose manifest has been confirmed.
public struct Checkpoint: Sendable {
    /// The directory.
    public let directory: String
    /// What it consists of.
    public let manifest: Manifest

    /// The step after which it was written.
    public var step: Int { manifest.step }
    /// The parameters and running statistics.
    public var modelPath: String { directory + "/model.safetensors" }
    /// The optimizer's moments.
    public var optimizerPath: String { directory + "/optimizer.safetensors" }

    /// The files of every checkpoint besides the manifest.
    static let fileNames = ["model.safetensors", "optimizer.safetensors", "state.json"]

    /// Opens a checkpoint and checks all sizes and checksums.
    public init(verifying directory: String) throws(CheckpointError) {
        let manifest = try Manifest(reading: directory)
        for name in Checkpoint.fileNames where manifest.files[name] == nil {
            throw .damaged(path: directory + "/manifest.json", reason: "it does not list \(name)")
        }
        for (name, expected) in manifest.files.sorted(by: { $0.key < $1.key }) {
            let path = directory + "/" + name
            let size = try SystemCalls.fileSize(path)
            guard size == expected.byteCount else {
                throw .damaged(
                    path: path, reason: "it has \(size) bytes, the manifest says \(expected.byteCount)")
            }
            let found = try Checksum.record(of: path)
            guard found.crc32 == expected.crc32 else {
                throw .damaged(
                    path: path, reason: "its checksum is \(found.crc32), the manifest says \(expected.crc32)")
            }
        }
        self.directory = directory
        self.manifest = manifest
    }

    /// Reads the state.
    public func state() throws(CheckpointError) -> StateSections {
        let path = directory + "/state.json"
        return try StateSections(decoding: Array(StateSections.contents(of: path)), path: path)
    }
}
