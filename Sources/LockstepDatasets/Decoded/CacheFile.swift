import Foundation

/// A file of decoded data: magic number, version, header length and checksum, header, sections at page borders.
enum CacheFile {
    private static let magic: [UInt8] = Array("LKSTDATA".utf8)
    private static let version: UInt32 = 3
    private static let prefix = 24

    /// Why a cache file cannot be used.
    enum Refusal: Error {
        /// There is none.
        case absent
        /// It was made from something else, or by another version.
        case other
        /// It is damaged, in words.
        case damaged(String)
    }

    /// Maps a file and checks every checksum.
    static func open(_ path: String, key: String) throws(Refusal) -> (CacheHeader, MemoryBlock) {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .absent }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw .absent }
        let size = Int(status.st_size)
        guard size >= prefix else { throw .damaged("it is too short") }
        guard let address = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0), address != MAP_FAILED
        else {
            throw .damaged("it cannot be mapped: \(String(cString: strerror(errno)))")
        }
        let block = MemoryBlock(mapped: address, count: size)
        guard block.bytes[..<8].elementsEqual(magic) else { throw .damaged("it begins with the wrong bytes") }
        func word(_ offset: Int) -> Int {
            Int(UInt32(littleEndian: address.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        }
        guard word(8) == Int(version) else { throw .other }
        let length = word(12)
        guard length <= size - prefix, Checksum.crc(address + prefix, length) == UInt32(word(16)) else {
            throw .damaged("the checksum of its header is wrong")
        }
        let text = Data(bytes: address + prefix, count: length)
        guard var header = try? JSONDecoder().decode(CacheHeader.self, from: text) else {
            throw .damaged("its header cannot be read")
        }
        guard header.key == key else { throw .other }
        header.shiftSections(by: start(headerByteCount: length))
        guard header.training.isConsistent(fileByteCount: size),
            header.test?.isConsistent(fileByteCount: size) ?? true
        else { throw .damaged("it is truncated") }
        UnusedCacheFiles.touch(descriptor)
        for section in header.sections
        where Checksum.crc(address + section.offset, section.byteCount) != section.crc {
            throw .damaged("the checksum of the data at byte \(section.offset) is wrong")
        }
        guard header.hasLegalLabels(in: address) else { throw .damaged("a class label is out of range") }
        return (header, block)
    }

    /// Writes a file beside its place and moves it there, so that readers see all of it or nothing.
    /// - Returns: nil, or why it could not be written.
    static func write(_ content: DecodedContent, key: String, to path: String) -> String? {
        let header = CacheHeader(content, key: key)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let text = try? encoder.encode(header) else { return "its header cannot be encoded" }
        let temporary = "\(path).\(getpid()).new"
        let descriptor = Glibc.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return String(cString: strerror(errno)) }
        var failure = write(header, text, content, descriptor)
        if close(descriptor) != 0 && failure == nil { failure = String(cString: strerror(errno)) }
        if failure == nil && rename(temporary, path) != 0 { failure = String(cString: strerror(errno)) }
        if failure != nil { unlink(temporary) }
        return failure
    }

    private static func write(
        _ header: CacheHeader, _ text: Data, _ content: DecodedContent, _ descriptor: Int32
    ) -> String? {
        var prefix = magic
        let crc = text.withUnsafeBytes { $0.baseAddress.map { Checksum.crc($0, text.count) } ?? 0 }
        for word in [version, UInt32(text.count), crc, 0] {
            for shift in stride(from: 0, to: 32, by: 8) {
                prefix.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        let first = start(headerByteCount: text.count)
        let front = prefix + text
        if let failure = front.withUnsafeBytes({ put($0, at: 0, descriptor) }) { return failure }
        let blocks =
            [content.training.inputs, content.training.targets]
            + [content.test?.inputs, content.test?.targets].compactMap { $0 }
        for (section, block) in zip(header.sections, blocks) {
            let bytes = UnsafeRawBufferPointer(start: block.address, count: block.count)
            if let failure = put(bytes, at: first + section.offset, descriptor) { return failure }
        }
        return nil
    }

    private static func put(_ bytes: UnsafeRawBufferPointer, at offset: Int, _ descriptor: Int32) -> String? {
        var done = 0
        while done < bytes.count, let base = bytes.baseAddress {
            let count = pwrite(descriptor, base + done, min(bytes.count - done, 1 << 30), offset + done)
            if count < 0 {
                if errno == EINTR { continue }
                return String(cString: strerror(errno))
            }
            done += count
        }
        return nil
    }

    /// Where the first section lies: at the page border behind the header.
    private static func start(headerByteCount: Int) -> Int {
        (prefix + headerByteCount + CacheHeader.alignment - 1) / CacheHeader.alignment * CacheHeader.alignment
    }
}

extension CacheHeader {
    /// Makes offsets count from the start of the file.
    mutating func shiftSections(by distance: Int) {
        func shift(_ section: inout Section) {
            let moved = section.offset.addingReportingOverflow(distance)
            section.offset = moved.overflow ? -1 : moved.partialValue
        }
        shift(&training.inputs)
        shift(&training.targets)
        if var part = test {
            shift(&part.inputs)
            shift(&part.targets)
            test = part
        }
    }
}
