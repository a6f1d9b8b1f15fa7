import Glibc

/// The contents of a data file, unpacked if they were compressed.
package struct SourceFile {
    /// The path as given.
    package let path: String
    /// The contents.
    package let block: MemoryBlock

    /// The contents.
    package var bytes: UnsafeBufferPointer<UInt8> { block.bytes }

    /// Reads a file. A file that begins with the magic number of gzip or zstd is unpacked, whatever its name.
    package init(path: String, _ expectation: ContentExpectation) throws(DatasetError) {
        self.path = path
        let raw = try Self.contents(path, expectation)
        if let compression = Compression(raw.bytes) {
            block = try Unpacking.unpack(raw, compression, path: path, expectation)
        } else {
            block = raw
        }
    }

    /// Bytes in memory, as if they had been read from a file.
    package init(path: String, block: MemoryBlock) {
        self.path = path
        self.block = block
    }

    /// Maps a file without unpacking it: only the pages in use are read.
    package init(mapping path: String) throws(DatasetError) {
        self.path = path
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.failure(path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw DatasetError(.unreadable, path, "this is not a file", advice: "give the path of a file")
        }
        let size = Int(status.st_size)
        guard size > 0 else {
            block = MemoryBlock(count: 0)
            return
        }
        guard let address = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0), address != MAP_FAILED
        else { throw Self.failure(path, errno) }
        block = MemoryBlock(mapped: address, count: size)
    }

    private static func contents(
        _ path: String, _ expectation: ContentExpectation
    ) throws(DatasetError) -> MemoryBlock {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(path, errno) }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw DatasetError(
                .unreadable, path, "this is a folder, not a file", advice: "give the path of the file in it")
        }
        guard status.st_mode & S_IFMT != S_IFCHR else {
            throw DatasetError(
                .unreadable, path, "this is a device, not a file", advice: "give the path of a file")
        }
        try expectation.require(Int(status.st_size), path)
        let block = MemoryBlock(count: max(4096, Int(status.st_size) + 1))
        var filled = 0
        while true {
            if filled == block.count {
                // A pipe, or a file that is growing.
                try expectation.require(block.count * 2, path)
                block.resize(to: block.count * 2)
            }
            let count = read(descriptor, block.address + filled, block.count - filled)
            if count < 0 {
                if errno == EINTR { continue }
                throw failure(path, errno)
            }
            if count == 0 { break }
            filled += count
        }
        block.truncate(to: filled)
        try expectation.require(
            filled, path, beginning: UnsafeBufferPointer(rebasing: block.bytes.prefix(1 << 18)))
        return block
    }

    /// Why a file that is kept open cannot be opened, by the code of the system.
    package static func failure(opening path: String, _ code: Int32) -> DatasetError {
        code == EMFILE || code == ENFILE
            ? DatasetError(
                .unreadable, path, "cannot be opened: too many files are open",
                advice: "raise the limit (ulimit -n), or merge shards into larger files")
            : failure(path, code)
    }

    /// Why a file cannot be read, by the code of the system.
    package static func failure(_ path: String, _ code: Int32) -> DatasetError {
        let reason = String(cString: strerror(code))
        if code == ENOENT || code == ENOTDIR {
            return DatasetError(
                .missing, path, "there is no such file",
                advice: "check the path (relative paths start at the current folder) or install the data set")
        }
        return DatasetError(
            .unreadable, path, "cannot be read: \(reason)", advice: "check its permissions and disk")
    }
}
