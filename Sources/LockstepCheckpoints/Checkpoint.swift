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
    /// - Throws: what is wrong with the first damaged file.
    public init(verifying directory: String) throws(CheckpointError) {
        manifest = try Checkpoint.completeManifest(directory)
        self.directory = directory
        for (name, expected) in manifest.files.sorted(by: { $0.key < $1.key }) {
            try Checkpoint.verify(directory + "/" + name, expected)
        }
    }

    /// Checks all files of a checkpoint, also when some of them are damaged.
    /// - Returns: how many there are besides the manifest, and what is wrong, an error for each damaged one.
    public static func examine(_ directory: String) -> (files: Int, damages: [CheckpointError]) {
        let manifest: Manifest
        do throws(CheckpointError) {
            manifest = try completeManifest(directory)
        } catch {
            return (0, [error])
        }
        var damages: [CheckpointError] = []
        for (name, expected) in manifest.files.sorted(by: { $0.key < $1.key }) {
            do throws(CheckpointError) {
                try verify(directory + "/" + name, expected)
            } catch {
                damages.append(error)
            }
        }
        return (manifest.files.count, damages)
    }

    /// The manifest, which lists every file that there has to be.
    private static func completeManifest(_ directory: String) throws(CheckpointError) -> Manifest {
        let manifest = try Manifest(reading: directory)
        for name in fileNames where manifest.files[name] == nil {
            throw .damaged(path: directory + "/manifest.json", reason: "it does not list \(name)")
        }
        return manifest
    }

    private static func verify(_ path: String, _ expected: FileRecord) throws(CheckpointError) {
        let size = try SystemCalls.fileSize(path)
        guard size == expected.byteCount else {
            let what = size < expected.byteCount ? "it was cut short" : "something was added to it"
            throw .damaged(
                path: path, reason: "it has \(size) bytes, the manifest says \(expected.byteCount): \(what)")
        }
        let found = try Checksum.record(of: path)
        guard found.crc32 == expected.crc32 else {
            let (now, before) = (String(found.crc32, radix: 16), String(expected.crc32, radix: 16))
            throw .damaged(
                path: path,
                reason:
                    "its checksum is \(now), the manifest says \(before): it is not as it was written")
        }
    }

    /// Reads the state.
    public func state() throws(CheckpointError) -> StateSections {
        let path = directory + "/state.json"
        return try StateSections(decoding: Array(StateSections.contents(of: path)), path: path)
    }
}
