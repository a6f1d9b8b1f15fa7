import Glibc

/// The files in an uncompressed tar archive, with their positions, so that each can be read by itself.
///
/// Reads POSIX ustar, its pax extensions `path` and `size`, GNU's long names, and sizes in base 256; folders, links and devices are
/// skipped. Source: POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
package enum TarIndex {
    /// A file of an archive.
    package struct Member: Equatable, Sendable {
        package var name: String
        /// Its bytes in the archive.
        package var range: Range<Int>
    }

    private static let block = 512
    /// The maximum size of a name or pax header, in bytes.
    private static let largestText = 1 << 20

    /// Lists the files of an archive, in its order.
    /// - Throws: `DatasetError` of kind `missing`, `unreadable`, `truncated`, `corrupt` or `format`.
    package static func members(_ path: String) throws(DatasetError) -> [Member] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileBuffer.failure(path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileBuffer.failure(path, errno) }
        let end = Int(status.st_size)
        let buffer = FileBuffer()
        var members: [Member] = []
        var place = 0
        var (longName, longSize): (String?, Int?) = (nil, nil)
        while place < end {
            guard end - place >= block else { throw truncated(path, place) }
            try buffer.read(place..<place + block, of: descriptor, path)
            let header = Array(buffer.bytes)
            // The archive ends with blocks of zeros.
            if header.allSatisfy({ $0 == 0 }) { break }
            try check(header, path, place)
            let kind = header[156]
            guard let size = number(header[124..<136]), size >= 0 else {
                throw damaged(path, place, "the size of a file cannot be read")
            }
            let isText = [UInt8(ascii: "L"), UInt8(ascii: "x"), UInt8(ascii: "K"), UInt8(ascii: "g")]
                .contains(kind)
            let length = isText ? size : longSize ?? size
            let first = place + block
            guard length <= end - first else { throw truncated(path, end) }
            switch kind {
            case UInt8(ascii: "L"), UInt8(ascii: "x"):
                guard length <= largestText else {
                    throw damaged(path, place, "a header has \(length) bytes")
                }
                try buffer.read(first..<first + length, of: descriptor, path)
                if kind == UInt8(ascii: "L") {
                    longName = text(buffer.bytes[...])
                } else {
                    let entries = try paxEntries(buffer.bytes, path, first)
                    longName = entries["path"] ?? longName
                    if let size = entries["size"] {
                        guard let size = Int(size), size >= 0 else {
                            throw damaged(path, first, "the size of a file cannot be read")
                        }
                        longSize = size
                    }
                }
            case UInt8(ascii: "K"), UInt8(ascii: "g"): break
            default:
                if kind == UInt8(ascii: "0") || kind == 0 || kind == UInt8(ascii: "7") {
                    members.append(Member(name: longName ?? name(header), range: first..<first + length))
                }
                (longName, longSize) = (nil, nil)
            }
            place = first + (length + block - 1) / block * block
        }
        return members
    }

    private static func check(_ header: [UInt8], _ path: String, _ place: Int) throws(DatasetError) {
        if place == 0, header[0] == 0x1F, header[1] == 0x8B {
            throw DatasetError(
                .format, path, .byte(0),
                "the archive is compressed, so its files cannot be read in random order",
                advice: "unpack it with gunzip; images are compressed already")
        }
        // The sum of all bytes, the checksum itself counted as spaces.
        let sum = header.indices.reduce(0) { $0 + ((148..<156).contains($1) ? 32 : Int(header[$1])) }
        guard number(header[148..<156]) == sum else {
            throw DatasetError(
                place == 0 ? .format : .corrupt, path, .byte(place),
                place == 0
                    ? "not a tar archive: the checksum of its first header is wrong"
                    : "the checksum of a header is wrong",
                advice: "give an uncompressed tar archive, or fetch the archive again")
        }
    }

    /// An octal number, or one in base 256 whose first bit is set; nil for anything else.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        guard let first = field.first else { return nil }
        if first & 0x80 != 0 {
            guard first == 0x80 else { return nil }
            var value = 0
            for byte in field.dropFirst() {
                guard value < 1 << 54 else { return nil }
                value = value << 8 | Int(byte)
            }
            return value
        }
        let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
        guard digits.allSatisfy({ (0x30...0x37).contains($0) }), digits.count <= 12 else { return nil }
        return digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
    }

    private static func name(_ header: [UInt8]) -> String {
        let name = text(header[0..<100])
        let isPOSIX = header[257..<263].elementsEqual(Array("ustar\0".utf8))
        let prefix = isPOSIX ? text(header[345..<500]) : ""
        return prefix.isEmpty ? name : "\(prefix)/\(name)"
    }

    private static func text(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// Lines of `length key=value`.
    private static func paxEntries(
        _ bytes: UnsafeBufferPointer<UInt8>, _ path: String, _ place: Int
    ) throws(DatasetError) -> [String: String] {
        var entries: [String: String] = [:]
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            guard let space = rest.firstIndex(of: 0x20), space - rest.startIndex < 8,
                let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
                length > space - rest.startIndex + 1, length <= rest.count
            else { throw damaged(path, place, "a pax header cannot be read") }
            let line = rest[(space + 1)..<(rest.startIndex + length)]
            guard let equals = line.firstIndex(of: 0x3D), line.last == 0x0A else {
                throw damaged(path, place, "a pax header cannot be read")
            }
            entries[String(decoding: line[..<equals], as: UTF8.self)] = String(
                decoding: line[(equals + 1)...].dropLast(), as: UTF8.self)
            rest = rest.dropFirst(length)
        }
        return entries
    }

    private static func truncated(_ path: String, _ place: Int) -> DatasetError {
        DatasetError(
            .truncated, path, .byte(place), "the archive ends in the middle of a file",
            advice: "fetch it again; it is not complete")
    }

    private static func damaged(_ path: String, _ place: Int, _ problem: String) -> DatasetError {
        DatasetError(.corrupt, path, .byte(place), problem, advice: "fetch the archive again")
    }
}
