import Glibc
import LockstepTensors

/// Reads one file after another into the same memory. Used by one thread at a time.
package final class FileBuffer {
    /// The maximum size of a file, in bytes.
    package static let largest = 1 << 29

    /// The contents.
    package private(set) var count = 0
    private var capacity = 0
    private var address: UnsafeMutableRawPointer?

    /// An empty buffer.
    package init() {}

    deinit { free(address) }

    /// The contents; valid until the next file is read.
    package var bytes: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: address?.assumingMemoryBound(to: UInt8.self), count: count)
    }

    /// Reads a whole file.
    /// - Throws: `DatasetError` of kind `missing`, `unreadable`, `truncated` or `tooLarge`.
    package func read(_ path: String) throws(DatasetError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileBuffer.failure(path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileBuffer.failure(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw DatasetError(.unreadable, path, "this is not a regular file", advice: "remove it")
        }
        try read(0..<Int(status.st_size), of: descriptor, path)
    }

    /// Reads a part of a file.
    package func read(_ range: Range<Int>, ofFile path: String) throws(DatasetError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileBuffer.failure(path, errno) }
        defer { close(descriptor) }
        try read(range, of: descriptor, path)
    }

    /// Reads a part of an open file.
    package func read(_ range: Range<Int>, of descriptor: Int32, _ path: String) throws(DatasetError) {
        count = 0
        guard range.count <= FileBuffer.largest else {
            throw DatasetError(
                .tooLarge, path, "has \(range.count) bytes, more than the maximum of \(FileBuffer.largest)",
                advice: "check that it is the right file")
        }
        reserve(range.count)
        while count < range.count, let address {
            let given = pread(descriptor, address + count, range.count - count, range.lowerBound + count)
            if given < 0 {
                if errno == EINTR { continue }
                throw FileBuffer.failure(path, errno)
            }
            guard given > 0 else {
                throw DatasetError(
                    .truncated, path, .byte(range.lowerBound + count),
                    "the file ends before byte \(range.upperBound)", advice: "fetch the file again")
            }
            count += given
        }
    }

    private func reserve(_ size: Int) {
        guard size > capacity || address == nil else { return }
        free(address)
        capacity = max(1 << 16, size + size / 2)
        address = malloc(capacity)
        if address == nil {
            OutOfMemory.end(byteCount: capacity, reason: String(cString: strerror(errno)))
        }
    }

    package static func failure(_ path: String, _ code: Int32) -> DatasetError {
        let reason = String(cString: strerror(code))
        if code == ENOENT || code == ENOTDIR {
            return DatasetError(
                .missing, path, "there is no such file", advice: "check the path, or fetch the data again")
        }
        return DatasetError(
            .unreadable, path, "cannot be read: \(reason)", advice: "check its permissions and disk")
    }
}
