import LockstepFiles

extension SafetensorsFile {
    /// A tensor for other programs.
    public struct Tensor: Sendable {
        let name: String
        let type: SafetensorsType
        let shape: [Int]
        let bytes: [UInt8]

        /// Makes a tensor: dense, row-major, little-endian.
        public init(name: String, type: SafetensorsType, shape: [Int], bytes: [UInt8]) {
            (self.name, self.type, self.shape, self.bytes) = (name, type, shape, bytes)
        }
    }

    /// Writes tensors to a file for other programs. An existing file is replaced after all tensors are written.
    /// - Throws: `FileError` if the file cannot be written.
    public static func write(_ tensors: [Tensor], replacing path: String) throws(FileError) {
        var header = SafetensorsHeader(of: [], metadata: ["format": "pt"])
        var offset = 0
        for tensor in tensors {
            let end = offset + tensor.bytes.count
            header.entries.append(
                .init(name: tensor.name, type: tensor.type, shape: tensor.shape, range: offset..<end))
            offset = end
        }
        let file = try AtomicFile(replacing: path)
        for bytes in [header.encoded()] + tensors.map(\.bytes) {
            try write(bytes, to: file)
        }
        try file.commit()
    }

    /// Appends bytes to a file.
    public static func write(_ bytes: [UInt8], to file: AtomicFile) throws(FileError) {
        var failure: FileError?
        bytes.withUnsafeBytes { raw in
            do throws(FileError) { try file.write(raw) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
