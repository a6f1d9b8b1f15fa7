import Glibc

/// A checkpoint on disk whose manifest has been verified.
public struct Checkpoint: Sendable {
    /// The directory.
    public let directory: String
    /// Its manifest.
    public let manifest: Manifest

    /// The step after which it was written.
    public var step: Int { manifest.step }
    /// The parameters and running statistics.
    public var modelPath: String { directory + "/model.safetensors" }
    /// The optimizer's moments.
    public var optimizerPath: String { directory + "/optimizer.safetensors" }

    /// Opens a checkpoint. Checks all sizes and checksums, and that folder, manifest and state have the same step.
    /// - Parameter progress: called whenever a part has been read.
    /// - Throws: the error of the first damaged file.
    public init(verifying directory: String, progress: () -> Void = {}) throws(CheckpointError) {
        manifest = try Manifest(reading: directory)
        self.directory = directory
        for (name, expected) in manifest.files.sorted(by: { $0.key < $1.key }) {
            try Checkpoint.verify(directory + "/" + name, expected, progress: progress)
        }
        try Checkpoint.requireStep(manifest.step, of: directory)
    }

    /// Checks all files of a checkpoint, even after a damaged one.
    /// - Returns: the number of files besides the manifest, and an error for each damaged one.
    public static func examine(_ directory: String) -> (files: Int, damages: [CheckpointError]) {
        let manifest: Manifest
        do throws(CheckpointError) {
            manifest = try Manifest(reading: directory)
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
        if damages.isEmpty {
            do throws(CheckpointError) {
                try requireStep(manifest.step, of: directory)
            } catch {
                damages.append(error)
            }
        }
        return (manifest.files.count, damages)
    }

    /// Requires that the step in the state, if there is one, equals the manifest's.
    private static func requireStep(_ step: Int, of directory: String) throws(CheckpointError) {
        let path = directory + "/state.json"
        let state = try StateSections(decoding: Array(StateSections.contents(of: path)), path: path)
        guard state.has("step") else { return }
        let found = try state.get("step", as: [Int].self)
        guard found == [step] else {
            throw .damaged(
                path: path, reason: "it belongs to step \(found), but the manifest to step \(step)")
        }
    }

    private static func verify(
        _ path: String, _ expected: FileRecord, progress: () -> Void = {}
    ) throws(CheckpointError) {
        let (descriptor, size) = try SystemCalls.openOwn(path)
        defer { close(descriptor) }
        guard size == expected.byteCount else {
            let what = size < expected.byteCount ? "it was truncated" : "something was appended to it"
            throw .damaged(
                path: path,
                reason: "it has \(size) bytes, but \(expected.byteCount) according to the manifest: \(what)")
        }
        let found = try Checksum.checksum(descriptor, size: size, path: path, progress: progress)
        guard found == expected.crc32 else {
            let (now, before) = (String(found, radix: 16), String(expected.crc32, radix: 16))
            throw .damaged(
                path: path,
                reason:
                    "its checksum is \(now), but \(before) according to the manifest: it has changed since it was written"
            )
        }
    }

    /// Reads the state.
    public func state() throws(CheckpointError) -> StateSections {
        let path = directory + "/state.json"
        return try StateSections(decoding: Array(StateSections.contents(of: path)), path: path)
    }
}
