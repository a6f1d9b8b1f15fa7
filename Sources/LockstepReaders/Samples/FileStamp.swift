internal import CZlib
import Glibc

/// Identifies a version of a file without reading all of it: its size, its modification time, and a checksum of some blocks.
package struct FileStamp: Codable, Sendable, Hashable {
    /// The path of the file.
    package var path: String
    package let byteCount: Int
    /// The modification time.
    package let seconds: Int
    package let nanoseconds: Int
    /// CRC-32 of the first and the last 16 KiB, and of 32 blocks of 4 KiB at equal distances between them.
    package let checksum: UInt32

    private static let end = 16 << 10
    private static let block = 4 << 10
    private static let blocks = 32

    /// The current stamp of a file.
    /// - Throws: `DatasetError` of kind `missing` or `unreadable`.
    package init(_ path: String) throws(DatasetError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw SourceFile.failure(path, errno) }
        defer { close(descriptor) }
        try self.init(path, descriptor)
    }

    /// The stamp of an open file.
    package init(_ path: String, _ descriptor: Int32) throws(DatasetError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SourceFile.failure(path, errno) }
        self.path = path
        byteCount = Int(status.st_size)
        (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        let buffer = MemoryBlock(count: Self.end)
        var sum: UInt = 0
        func add(_ offset: Int, _ count: Int) throws(DatasetError) {
            let got = pread(descriptor, buffer.address, count, off_t(offset))
            guard got >= 0 else { throw SourceFile.failure(path, errno) }
            sum = crc32_z(sum, buffer.address.assumingMemoryBound(to: UInt8.self), got)
        }
        try add(0, Self.end)
        for number in 1...Self.blocks {
            try add(byteCount / (Self.blocks + 1) * number, Self.block)
        }
        try add(max(0, byteCount - Self.end), Self.end)
        checksum = UInt32(truncatingIfNeeded: sum)
    }

    /// Whether an open file has this size and this modification time. Costs one system call.
    package func isUnchanged(_ descriptor: Int32) -> Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && Int(status.st_size) == byteCount
            && status.st_mtim.tv_sec == seconds && status.st_mtim.tv_nsec == nanoseconds
    }

    /// Whether a file has the same contents; its path and modification time may differ.
    package func hasSameContents(as other: FileStamp) -> Bool {
        byteCount == other.byteCount && checksum == other.checksum
    }
}
