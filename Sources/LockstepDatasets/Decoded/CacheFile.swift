import Foundation
import LockstepFiles
import LockstepReaders

/// A file of decoded data: magic number, version, length and checksum of the header, header, sections at page boundaries.
enum CacheFile {
    private static let magic: [UInt8] = Array("LKSTDATA".utf8)
    private static let version: UInt32 = 4
    private static let prefix = 24

    /// Why a cache file cannot be used.
    enum Refusal: Error {
        /// It does not exist.
        case absent
        /// It was made from something else, or by another version.
        case other
        /// It is damaged, with the reason.
        case damaged(String)
    }

    /// Maps a file that belongs to this user, and verifies all checksums and labels.
    static func open(_ path: String, key: String) throws(Refusal) -> (CacheHeader, MemoryBlock) {
        guard let descriptor = try? SafeFile.open(path, O_RDONLY) else { throw .absent }
        defer { close(descriptor) }
        var status = stat()
        // The owner of a file can change it while it is mapped.
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_uid == geteuid()
        else { throw .absent }
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
        if let contradiction = header.contradiction { throw .damaged(contradiction) }
        UnusedCacheFiles.touch(descriptor)
        // Inputs that are read from their files have no bytes in the cache file.
        for section in header.sections
        where section.byteCount > 0
            && Checksum.crc(address + section.offset, section.byteCount) != section.crc
        {
            throw .damaged("the checksum of the data at byte \(section.offset) is wrong")
        }
        guard header.areLabelsLegal(in: block) else {
            throw .damaged("it has labels outside the range of its classes")
        }
        return (header, block)
    }

    /// Writes a file under a temporary name and renames it, so that readers see the complete file or none.
    /// - Returns: nil, or why it could not be written.
    static func write(_ content: DecodedContent, key: String, to path: String) -> String? {
        let header = CacheHeader(content, key: key)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let text = try? encoder.encode(header) else { return "its header cannot be encoded" }
        var prefix = magic
        let crc = text.withUnsafeBytes { $0.baseAddress.map { Checksum.crc($0, text.count) } ?? 0 }
        for word in [version, UInt32(text.count), crc, 0] {
            for shift in stride(from: 0, to: 32, by: 8) {
                prefix.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        let blocks = content.training.blocks + (content.test?.blocks ?? [])
        do {
            let file = try AtomicFile(replacing: path, isOwn: true)
            try (prefix + text).withUnsafeBytes { try file.write($0) }
            var end = prefix.count + text.count
            let first = start(headerByteCount: text.count)
            for (section, block) in zip(header.sections, blocks) where block.count > 0 {
                let gap = [UInt8](repeating: 0, count: first + section.offset - end)
                try gap.withUnsafeBytes { try file.write($0) }
                try file.write(UnsafeRawBufferPointer(start: block.address, count: block.count))
                end = first + section.offset + block.count
            }
            // No fsync is needed: a damaged cache file is detected and replaced.
            try file.commit(isDurable: false)
        } catch let error as FileError {
            return error.words
        } catch {
            return "\(error)"
        }
        return nil
    }

    /// The position of the first section: the page boundary after the header.
    private static func start(headerByteCount: Int) -> Int {
        (prefix + headerByteCount + CacheHeader.alignment - 1) / CacheHeader.alignment * CacheHeader.alignment
    }
}

extension CacheHeader {
    /// Converts offsets to positions in the file.
    mutating func shiftSections(by distance: Int) {
        func shift(_ section: inout Section) {
            let moved = section.offset.addingReportingOverflow(distance)
            section.offset = moved.overflow ? -1 : moved.partialValue
        }
        func shift(_ part: inout Part) {
            shift(&part.inputs)
            shift(&part.targets)
            if var weights = part.weights {
                shift(&weights)
                part.weights = weights
            }
            if var identifiers = part.identifiers {
                shift(&identifiers)
                part.identifiers = identifiers
            }
        }
        shift(&training)
        if var part = test {
            shift(&part)
            test = part
        }
    }
}
