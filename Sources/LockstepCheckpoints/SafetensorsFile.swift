import Glibc

/// A safetensors file on disk.
public final class SafetensorsFile {
    /// The path.
    public let path: String
    /// The positions of the tensors.
    public let header: SafetensorsHeader
    let descriptor: Int32
    let dataStart: Int

    /// Opens a file and checks its header against its size.
    public init(_ path: String) throws(CheckpointError) {
        self.path = path
        let size = try SystemCalls.fileSize(path)
        guard size >= 10 else {
            throw .damaged(path: path, reason: "\(size) bytes are too few for a safetensors file")
        }
        let descriptor = try SystemCalls.open(path, O_RDONLY)
        do throws(CheckpointError) {
            var length: UInt64 = 0
            try withUnsafeMutableBytes(of: &length) { (raw) throws(CheckpointError) in
                try SystemCalls.readAll(descriptor, into: raw, at: 0, path: path)
            }
            length = UInt64(littleEndian: length)
            guard length <= UInt64(min(size - 8, SafetensorsHeader.maximumByteCount)) else {
                throw .damaged(
                    path: path,
                    reason: "a header of \(length) bytes does not fit into the file of \(size) bytes")
            }
            var json = [UInt8](repeating: 0, count: Int(length))
            try json.withMutableBytes { (raw) throws(CheckpointError) in
                try SystemCalls.readAll(descriptor, into: raw, at: 8, path: path)
            }
            dataStart = 8 + Int(length)
            header = try SafetensorsHeader(json: json, dataByteCount: size - dataStart, path: path)
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Writes tensors to a new file, and waits until they are on disk.
    /// - Parameter progress: called after each written part.
    static func write(
        _ tensors: [TensorSource], to path: String, progress: @escaping () -> Void
    ) throws(CheckpointError) -> FileRecord {
        let header = SafetensorsHeader(of: tensors, metadata: ["format": "pt"])
        var file = try DurableFile(creating: path, progress: progress)
        try header.encoded().withBytes { (raw) throws(CheckpointError) in try file.write(raw) }
        for tensor in tensors { try file.write(tensor.bytes) }
        return try file.finish()
    }

    /// Reads all tensors into the given memory: exactly those of the file, with equal shapes and types.
    ///
    /// - Parameter isComplete: whether the file must not have other tensors.
    public func read(
        into destinations: [TensorDestination], isComplete: Bool = true
    ) throws(CheckpointError) {
        var entries: [String: SafetensorsHeader.Entry] = [:]
        for entry in header.entries { entries[entry.name] = entry }
        for destination in destinations {
            guard let entry = entries.removeValue(forKey: destination.name) else {
                throw .mismatch(path: path, tensor: destination.name, reason: "is missing in the file")
            }
            guard entry.shape == destination.shape else {
                throw .mismatch(
                    path: path, tensor: entry.name,
                    reason: "has the shape \(entry.shape) in the file, but \(destination.shape) in this model"
                )
            }
            guard entry.type == destination.type else {
                throw .mismatch(
                    path: path, tensor: entry.name,
                    reason:
                        "has the type \(entry.type.rawValue) in the file, but \(destination.type.rawValue) in this model"
                )
            }
        }
        if isComplete, let name = entries.keys.sorted().first {
            throw .mismatch(path: path, tensor: name, reason: "does not exist in this model")
        }
        var places: [String: Int] = [:]
        for entry in header.entries { places[entry.name] = entry.range.lowerBound }
        for destination in destinations {
            guard let place = places[destination.name] else { continue }
            try SystemCalls.readAll(descriptor, into: destination.bytes, at: dataStart + place, path: path)
        }
    }
}
