import Foundation
import LockstepReaders
import Testing

/// Mutated images are decoded or refused with an error: no crash, no hang, at most 1 GiB.
struct ImageFuzzTests {
    @Test(arguments: [
        ["color.jpg", "progressive.jpg", "cmyk.jpg", "turned-6.jpg"],
        ["color.png", "palette.png", "interlaced.png", "alpha.png", "deep.png"],
        [
            "color.tif", "lzw.tif", "deflate.tif", "packbits.tif", "palette.tif", "bits.tif", "alpha.tif",
            "deep.tif",
        ],
    ]) func mutatedImages(_ names: [String]) throws {
        let originals = try names.map(ImageFixtures.bytes)
        var mutations = Mutations(seed: 20)
        let decoder = ImageDecoder()
        var target = [UInt8](repeating: 0, count: 8 * 8 * 3)
        var (decoded, refused) = (0, 0)
        Mutations.bounded {
            for number in 0..<500 {
                var bytes = mutations.changed(originals[number % originals.count])
                // Otherwise checksums would end the reading of most files at their first chunk.
                if number % 4 != 0 { Self.mendChecksums(&bytes) }
                let channels = number % 2 == 0 ? 3 : 1
                do throws(DatasetError) {
                    try Self.read(bytes, channels, decoder, &target)
                    decoded += 1
                } catch {
                    #expect(error.file == "mutated" && !error.problem.isEmpty)
                    refused += 1
                }
            }
        }
        #expect(decoded > 5 && refused > 100, "\(decoded) decoded, \(refused) refused")
    }

    /// Writes the checksums of the chunks of a PNG file anew; other files stay as they are.
    private static func mendChecksums(_ bytes: inout [UInt8]) {
        guard bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) else { return }
        var place = 8
        while place + 12 <= bytes.count {
            let length = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
            let end = place + 8 + length
            guard end + 4 <= bytes.count else { return }
            let crc = ImageDecoderTests.crc(bytes[place + 4..<end])
            for index in 0..<4 {
                bytes[end + index] = UInt8(truncatingIfNeeded: crc >> UInt32(24 - 8 * index))
            }
            place = end + 4
        }
    }

    private static func read(
        _ bytes: [UInt8], _ channels: Int, _ decoder: ImageDecoder, _ target: inout [UInt8]
    ) throws(DatasetError) {
        // Exactly as large as the file, so that a memory checker sees reads behind it.
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        defer { copy.deallocate() }
        _ = copy.initialize(from: bytes)
        let file = UnsafeBufferPointer(copy)
        _ = try decoder.measure(file, "mutated")
        try decoder.decode(
            file, channels: channels, background: channels == 1 ? 255 : nil, reduction: 1, "mutated")
        try decoder.resize(
            ImageCrop(center: decoder.size, shorter: 8, windowWidth: 8, windowHeight: 8), to: &target,
            "mutated")
    }
}
