/// CRC-32C (Castagnoli), rotated and offset as in TensorFlow's record files, so that checksums of data that contain
/// checksums are no weaker.
///
/// Source: RFC 3720, appendix B.4; TensorFlow: tensorflow/core/lib/hash/crc32c.h.
enum MaskedChecksum {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { remainder, _ in
            remainder & 1 == 1 ? remainder >> 1 ^ 0x82F6_3B78 : remainder >> 1
        }
    }

    /// The checksum before it is masked.
    static func crc32c(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
    }

    static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let checksum = crc32c(bytes)
        return (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
    }
}
