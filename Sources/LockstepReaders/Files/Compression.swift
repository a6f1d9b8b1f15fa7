/// How a file is compressed, judged by its first bytes, not by its name.
package enum Compression: String, CaseIterable {
    /// RFC 1952.
    case gzip
    /// RFC 8878.
    case zstd

    /// The compression of a file with these first bytes; nil for none.
    package init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        func begins(_ magic: [UInt8]) -> Bool { bytes.starts(with: magic) }
        if begins([0x1F, 0x8B]) {
            self = .gzip
        } else if begins([0x28, 0xB5, 0x2F, 0xFD]) || Self.isSkippableFrame(bytes) {
            self = .zstd
        } else {
            return nil
        }
    }

    /// The first bytes of a skippable frame, which parallel compressors write first: 50 2A 4D 18 to 5F 2A 4D 18.
    private static func isSkippableFrame(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        bytes.count >= 4 && bytes[0] & 0xF0 == 0x50 && bytes[1...3].elementsEqual([0x2A, 0x4D, 0x18])
    }

    /// The maximum number of unpacked bytes per packed byte: in zstd, four bytes can hold a block of 128 KiB.
    var largestGrowth: Int {
        switch self {
        case .gzip: 1032
        case .zstd: 1 << 16
        }
    }

    /// The unpacked bytes of a whole file.
    func stream(_ packed: MemoryBlock, path: String) throws(DatasetError) -> any UnpackedStream {
        switch self {
        case .gzip: try GzipStream(packed, path: path)
        case .zstd: try ZstdStream(packed, path: path)
        }
    }
}
