import CKernels
import Testing

@Suite struct ChecksumTests {
    /// Bit by bit, as the polynomial is defined.
    private func reference(_ checksum: UInt32, _ bytes: ArraySlice<UInt8>) -> UInt32 {
        var state = ~checksum
        for byte in bytes {
            state ^= UInt32(byte)
            for _ in 0..<8 { state = state & 1 == 0 ? state >> 1 : state >> 1 ^ 0xEDB8_8320 }
        }
        return ~state
    }

    /// All lengths around the borders of blocks, from aligned and other places, and continued checksums.
    @Test func equalsTheDefinition() {
        let bytes = (0..<2000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
        for length in [0, 1, 63, 64, 65, 127, 128, 129, 191, 192, 255, 256, 257, 1024, 1900] {
            for offset in [0, 1, 7, 64] {
                for previous in [0, 0xDEAD_BEEF] as [UInt32] {
                    var checksum = previous
                    let done = bytes.withUnsafeBytes {
                        lockstep_crc32_extend(&checksum, $0.baseAddress! + offset, length)
                    }
                    #expect(done == 0 || length - done < 64)
                    let rest = reference(checksum, bytes[offset + done..<offset + length])
                    let whole = reference(previous, bytes[offset..<offset + length])
                    #expect(rest == whole, "\(length) from \(offset)")
                }
            }
        }
    }
}
