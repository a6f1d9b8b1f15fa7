/// The central directory of a zip file: its position and its entries.
struct ZipDirectory {
    /// Little-endian numbers in a file; nil beyond its end.
    struct Bytes {
        private let bytes: UnsafeBufferPointer<UInt8>
        private let block: MemoryBlock

        init(_ file: SourceFile) {
            block = file.block
            bytes = file.bytes
        }

        var count: Int { bytes.count }

        /// A number of up to 8 bytes; nil if it does not fit into an `Int`.
        func number(_ place: Int, _ size: Int) -> Int? {
            guard place >= 0, place <= bytes.count - size else { return nil }
            let value = (0..<size).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(bytes[place + $1]) }
            return Int(exactly: value)
        }

        func text(_ place: Int, _ size: Int) -> String? {
            guard place >= 0, size >= 0, place <= bytes.count - size else { return nil }
            return String(decoding: bytes[place..<place + size], as: UTF8.self)
        }
    }

    private let path: String
    private let bytes: Bytes
    /// Where the first entry begins.
    let offset: Int
    /// The number of entries.
    let count: Int

    /// The size of an entry without its name.
    private static let entrySize = 46

    init(_ file: SourceFile) throws(DatasetError) {
        path = file.path
        bytes = Bytes(file)
        guard let (offset, count) = Self.locate(bytes), offset <= bytes.count,
            count <= (bytes.count - offset) / Self.entrySize
        else {
            throw DatasetError(
                .truncated, file.path, .byte(file.bytes.count),
                "the zip file has no complete directory at its end",
                advice: "fetch the file again; it is damaged or not complete")
        }
        (self.offset, self.count) = (offset, count)
    }

    /// Finds the directory by the record at the end of the file, which a comment may follow.
    private static func locate(_ bytes: Bytes) -> (offset: Int, count: Int)? {
        let size = 22
        var end = bytes.count - size
        let first = max(0, end - 0xFFFF)
        while end >= first {
            if bytes.number(end, 4) == 0x0605_4B50, bytes.number(end + 20, 2) == bytes.count - end - size {
                break
            }
            end -= 1
        }
        guard end >= first, end >= 0, let count = bytes.number(end + 10, 2),
            let offset = bytes.number(end + 16, 4)
        else { return nil }
        guard count == 0xFFFF || offset == 0xFFFF_FFFF else { return (offset, count) }
        // ZIP64: a locator before the record gives the position of a larger record.
        guard bytes.number(end - 20, 4) == 0x0706_4B50, let record = bytes.number(end - 12, 8),
            bytes.number(record, 4) == 0x0606_4B50, let large = bytes.number(record + 32, 8),
            let start = bytes.number(record + 48, 8)
        else { return nil }
        return (start, large)
    }

    /// An entry, and where the next one begins.
    func member(at place: Int) throws(DatasetError) -> (ZipArchive.Member, next: Int) {
        guard bytes.number(place, 4) == 0x0201_4B50, let flags = bytes.number(place + 8, 2),
            let method = bytes.number(place + 10, 2), let crc = bytes.number(place + 16, 4),
            var packed = bytes.number(place + 20, 4), var count = bytes.number(place + 24, 4),
            let nameSize = bytes.number(place + 28, 2), let extraSize = bytes.number(place + 30, 2),
            let commentSize = bytes.number(place + 32, 2), var offset = bytes.number(place + 42, 4),
            let name = bytes.text(place + Self.entrySize, nameSize)
        else { throw damaged(place) }
        let extra = place + Self.entrySize + nameSize
        if [packed, count, offset].contains(0xFFFF_FFFF) {
            guard var field = large(extra, extraSize) else { throw damaged(place) }
            // Only the numbers that do not fit into 32 bits are present, in this order.
            func next(_ value: inout Int) throws(DatasetError) {
                guard value == 0xFFFF_FFFF else { return }
                guard let number = bytes.number(field, 8) else { throw damaged(place) }
                value = number
                field += 8
            }
            try next(&count)
            try next(&packed)
            try next(&offset)
        }
        let member = ZipArchive.Member(
            name: name, method: method, isEncrypted: flags & 1 != 0, crc: UInt32(truncatingIfNeeded: crc),
            packedCount: packed, count: count, offset: offset)
        return (member, extra + extraSize + commentSize)
    }

    /// The position of the ZIP64 numbers among the extra fields of an entry; nil if there are none.
    private func large(_ start: Int, _ size: Int) -> Int? {
        var place = start
        while place + 4 <= start + size {
            guard let tag = bytes.number(place, 2), let length = bytes.number(place + 2, 2) else {
                return nil
            }
            if tag == 1 { return place + 4 }
            place += 4 + length
        }
        return nil
    }

    private func damaged(_ place: Int) -> DatasetError {
        DatasetError(
            .corrupt, path, .byte(place), "the zip file's directory has no entry here",
            advice: "fetch the file again")
    }
}
