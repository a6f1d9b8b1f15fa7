import Glibc

/// A new file that is written from beginning to end and checksummed on the way. It is on disk when `finish` returns.
///
/// Written parts are flushed to disk while the rest is still being written, so the wait at the end is short, progress is visible,
/// and memory does not fill up with unwritten pages.
struct DurableFile: ~Copyable {
    /// The number of bytes that are checksummed and then written at a time; they fit into the second-level cache.
    private static let block = 256 << 10
    /// The number of bytes that are flushed to disk at a time.
    private static let window = 16 << 20

    private let descriptor: Int32
    private let path: String
    private let progress: () -> Void
    private var checksum: UInt32 = 0
    private var size = 0
    /// The end of the flushed part.
    private var sent = 0

    /// - Parameter progress: called after each written part.
    init(creating path: String, progress: @escaping () -> Void = {}) throws(CheckpointError) {
        self.path = path
        self.progress = progress
        // The folder is new, so a file that already exists must be from another process.
        descriptor = try SystemCalls.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
    }

    deinit { close(descriptor) }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        var rest = bytes
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest.prefix(DurableFile.block))
            checksum = Checksum.extend(checksum, part)
            try SystemCalls.writeAll(descriptor, part, path: path)
            size += part.count
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
            if size - sent >= DurableFile.window {
                try SystemCalls.send(descriptor, sent..<size, waits: false, path: path)
                sent = size
            }
            progress()
        }
    }

    /// Waits until the contents are on disk.
    func finish() throws(CheckpointError) -> FileRecord {
        var done = 0
        while done < size {
            let end = min(size, done + DurableFile.window)
            try SystemCalls.send(descriptor, done..<end, waits: true, path: path)
            done = end
            progress()
        }
        try SystemCalls.synchronize(descriptor, path: path)
        progress()
        return FileRecord(byteCount: size, crc32: checksum)
    }

    /// Writes a whole file.
    static func write(_ bytes: [UInt8], to path: String) throws(CheckpointError) -> FileRecord {
        var file = try DurableFile(creating: path)
        try bytes.withBytes { (raw) throws(CheckpointError) in try file.write(raw) }
        return try file.finish()
    }
}

/// The size and the checksum of a file in the manifest.
public struct FileRecord: Encodable, Sendable, Hashable {
    /// The size in bytes.
    public var byteCount: Int
    /// CRC-32 as in gzip.
    public var crc32: UInt32

    enum CodingKeys: String, CodingKey {
        case byteCount = "bytes"
        case crc32
    }
}
