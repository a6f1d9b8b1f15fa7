internal import CZlib
import Glibc

/// A new file that is written from beginning to end, checksummed on the way, and on the disk when `finish` returns.
struct DurableFile: ~Copyable {
    private let descriptor: Int32
    private let path: String
    private var checksum: UInt = crc32(0, nil, 0)
    private var size = 0

    init(creating path: String) throws(CheckpointError) {
        self.path = path
        descriptor = try SystemCalls.open(path, O_WRONLY | O_CREAT | O_TRUNC)
    }

    deinit { close(descriptor) }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        try SystemCalls.writeAll(descriptor, bytes, path: path)
        checksum = Checksum.extend(checksum, bytes)
        size += bytes.count
    }

    /// Waits until the contents are on the disk.
    func finish() throws(CheckpointError) -> FileRecord {
        try SystemCalls.synchronize(descriptor, path: path)
        return FileRecord(byteCount: size, crc32: UInt32(checksum))
    }

    /// Writes a whole file.
    static func write(_ bytes: [UInt8], to path: String) throws(CheckpointError) -> FileRecord {
        var file = try DurableFile(creating: path)
        try bytes.withBytes { (raw) throws(CheckpointError) in try file.write(raw) }
        return try file.finish()
    }
}

/// What the manifest says of a file.
public struct FileRecord: Codable, Sendable, Hashable {
    /// The size in bytes.
    public var byteCount: Int
    /// CRC-32 as in gzip.
    public var crc32: UInt32

    enum CodingKeys: String, CodingKey {
        case byteCount = "bytes"
        case crc32
    }
}

/// CRC-32 as in gzip.
enum Checksum {
    static func extend(_ checksum: UInt, _ bytes: UnsafeRawBufferPointer) -> UInt {
        guard let start = bytes.baseAddress else { return checksum }
        var result = checksum
        var done = 0
        while done < bytes.count {
            let count = min(bytes.count - done, 1 << 30)
            result = crc32(result, (start + done).assumingMemoryBound(to: UInt8.self), UInt32(count))
            done += count
        }
        return result
    }

    /// The size and checksum of a file on the disk.
    static func record(of path: String) throws(CheckpointError) -> FileRecord {
        let size = try SystemCalls.fileSize(path)
        let descriptor = try SystemCalls.open(path, O_RDONLY)
        defer { close(descriptor) }
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { block.deallocate() }
        var checksum = crc32(0, nil, 0)
        var offset = 0
        while offset < size {
            let part = UnsafeMutableRawBufferPointer(rebasing: block[..<min(block.count, size - offset)])
            try SystemCalls.readAll(descriptor, into: part, at: offset, path: path)
            checksum = extend(checksum, UnsafeRawBufferPointer(part))
            offset += part.count
        }
        return FileRecord(byteCount: size, crc32: UInt32(checksum))
    }
}
