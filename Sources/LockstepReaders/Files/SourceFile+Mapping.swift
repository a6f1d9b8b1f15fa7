import Glibc

extension SourceFile {
    /// A file that is read once: it is mapped, so that it takes no memory of this process. Of a compressed file,
    /// the first bytes are unpacked.
    ///
    /// Memory that is written to is copied and does not reach the file.
    /// - Parameter limit: the maximum number of unpacked bytes.
    /// - Returns: the file, and whether it continues after the unpacked bytes.
    package static func mapped(
        _ path: String, unpackingAtMost limit: Int
    ) throws(DatasetError) -> (file: SourceFile, isCut: Bool) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileBuffer.failure(path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileBuffer.failure(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw DatasetError(
                .unreadable, path, "this is not a file", advice: "give the path of a file or of a folder")
        }
        let size = Int(status.st_size)
        guard size > 0 else { return (SourceFile(path: path, block: MemoryBlock(count: 0)), false) }
        guard
            let address = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor, 0),
            address != MAP_FAILED
        else { throw FileBuffer.failure(path, errno) }
        let block = MemoryBlock(mapped: address, count: size)
        guard let compression = Compression(block.bytes) else {
            return (SourceFile(path: path, block: block), false)
        }
        let stream = try compression.stream(block, path: path)
        let unpacked = MemoryBlock(count: 1 << 20)
        var filled = 0
        while true {
            filled += try stream.read(into: unpacked.address + filled, unpacked.count - filled)
            if filled < unpacked.count || filled >= limit { break }
            unpacked.resize(to: min(limit, unpacked.count * 2))
        }
        let isCut = filled == limit
        unpacked.truncate(to: filled)
        return (SourceFile(path: path, block: unpacked), isCut)
    }
}
