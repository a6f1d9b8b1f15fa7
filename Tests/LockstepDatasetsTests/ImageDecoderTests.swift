import Foundation
import LockstepReaders
import Testing

/// Images of all kinds against Pillow, and damaged ones.
struct ImageDecoderTests {
    private static func decode(
        _ bytes: [UInt8], channels: Int = 3, background: UInt8? = nil, reduction: Int = 1,
        _ decoder: ImageDecoder = ImageDecoder()
    ) throws -> [UInt8] {
        try bytes.withUnsafeBufferPointer {
            try decoder.decode(
                $0, channels: channels, background: background, reduction: reduction, "picture")
        }
        return Array(decoder.pixels)
    }

    @Test func pixelsAreThoseOfPillow() throws {
        let decoder = ImageDecoder()
        #expect(ImageFixtures.files.count == 35)
        for expected in ImageFixtures.files {
            let bytes = try ImageFixtures.bytes(expected.file)
            let size = try bytes.withUnsafeBufferPointer { try decoder.measure($0, "picture") }
            #expect(size == .init(width: expected.width, height: expected.height), "\(expected.file)")
            let pixels = try Self.decode(bytes, background: expected.background, decoder)
            #expect(decoder.size == size && pixels.count == expected.bytes.count, "\(expected.file)")
            let difference = ImageFixtures.difference(pixels, expected.bytes)
            #expect(difference <= expected.tolerance ?? 0, "\(expected.file): \(difference)")
        }
    }

    @Test func greyIsPillowsLuma() throws {
        let color = try Self.decode(ImageFixtures.bytes("color.png"))
        let grey = try Self.decode(ImageFixtures.bytes("color.png"), channels: 1)
        #expect(grey.count * 3 == color.count)
        for pixel in grey.indices {
            let (r, g, b) = (Int(color[3 * pixel]), Int(color[3 * pixel + 1]), Int(color[3 * pixel + 2]))
            #expect(Int(grey[pixel]) == (19595 * r + 38470 * g + 7471 * b + 32768) >> 16)
        }
    }

    @Test func resizingDiffersFromPillowByOneLevel() throws {
        let decoder = ImageDecoder()
        for expected in ImageFixtures.resized {
            _ = try Self.decode(ImageFixtures.bytes(expected.file), channels: expected.channels, decoder)
            var pixels = [UInt8](repeating: 0, count: expected.bytes.count)
            try decoder.resize(
                ImageCrop(
                    center: decoder.size, shorter: try #require(expected.shorter),
                    windowWidth: expected.width,
                    windowHeight: expected.height), to: &pixels, expected.file)
            let difference = ImageFixtures.difference(pixels, expected.bytes)
            #expect(difference <= 1, "\(expected.file) to \(expected.width): \(difference)")
        }
    }

    /// A JPEG at half its size, resized, is near the one that is decoded in full.
    @Test func aReducedImageIsNearTheFullOne() throws {
        let bytes = try ImageFixtures.bytes("photo.jpg")
        let decoder = ImageDecoder()
        let full = try bytes.withUnsafeBufferPointer { try decoder.measure($0, "photo") }
        let crop = ImageCrop(center: full, shorter: 20, windowWidth: 20, windowHeight: 20)
        #expect(crop.reduction == 2)
        var results: [[UInt8]] = []
        for reduction in [1, crop.reduction] {
            _ = try Self.decode(bytes, reduction: reduction, decoder)
            #expect(decoder.size.width == 150 / reduction)
            var pixels = [UInt8](repeating: 0, count: 20 * 20 * 3)
            try decoder.resize(crop.scaled(from: full, to: decoder.size), to: &pixels, "photo")
            results.append(pixels)
        }
        #expect(results[0] != results[1])
        #expect(ImageFixtures.difference(results[0], results[1]) <= 6)
    }

    private func error(_ bytes: [UInt8]) -> DatasetError? {
        #expect(throws: DatasetError.self) { try Self.decode(bytes) }
    }

    @Test(arguments: ["color.jpg", "progressive.jpg", "color.png", "interlaced.png", "color.tif", "lzw.tif"])
    func aTruncatedFileIsAnError(_ name: String) throws {
        let bytes = try ImageFixtures.bytes(name)
        for share in [0.3, 0.6, 0.9] {
            let error = error(Array(bytes.prefix(Int(Double(bytes.count) * share))))
            #expect(error?.file == "picture", "\(name) \(share)")
            #expect(
                [.truncated, .corrupt].contains(error?.kind), "\(name) \(share): \(error?.problem ?? "")")
        }
        #expect(error(Array(bytes.prefix(bytes.count / 2)))?.advice == "fetch the file again, or remove it")
    }

    @Test func whatIsNoImageIsAnError() throws {
        #expect(error([])?.kind == .truncated)
        #expect(error(Array("GIF89a..".utf8))?.kind == .format)
        #expect(error(Array("\u{89}PN".utf8))?.kind == .format)
        var damaged = try ImageFixtures.bytes("color.png")
        damaged[60] ^= 0x10
        #expect(error(damaged)?.kind == .corrupt)
        damaged = try ImageFixtures.bytes("color.jpg")
        for place in 640..<660 { damaged[place] = 0xFF }
        #expect(error(damaged)?.kind == .corrupt)
    }

    /// Headers that announce more pixels than are read: refused before any memory is taken.
    @Test func absurdSizesAreRefused() throws {
        var png = try ImageFixtures.bytes("color.png")
        png.replaceSubrange(16..<24, with: [0, 0, 0x80, 0, 0, 0, 0x80, 0])
        let crc = Self.crc(png[12..<29])
        png.replaceSubrange(
            29..<33, with: (0..<4).map { UInt8(truncatingIfNeeded: crc >> UInt32(24 - 8 * $0)) })
        #expect(error(png)?.kind == .tooLarge)
        // Fewer, but still more than so small a file can hold.
        png.replaceSubrange(16..<24, with: [0, 0, 0x1F, 0, 0, 0, 0x1F, 0])
        let other = Self.crc(png[12..<29])
        png.replaceSubrange(
            29..<33, with: (0..<4).map { UInt8(truncatingIfNeeded: other >> UInt32(24 - 8 * $0)) })
        #expect(error(png)?.kind == .truncated)

        var jpeg = try ImageFixtures.bytes("color.jpg")
        let frame = try #require(jpeg.indices.first { jpeg[$0] == 0xFF && jpeg[$0 + 1] == 0xC0 })
        jpeg.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0, 0xFF, 0])
        #expect(error(jpeg)?.kind == .tooLarge)
    }

    /// CRC-32, as at the end of each chunk of a PNG file.
    static func crc(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var crc = ~UInt32(0)
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 {
                let isOdd = crc & 1 == 1
                crc >>= 1
                if isOdd { crc ^= 0xEDB8_8320 }
            }
        }
        return ~crc
    }
}
