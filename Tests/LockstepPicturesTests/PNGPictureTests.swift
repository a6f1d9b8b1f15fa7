import CZlib
import Foundation
import LockstepPictures
import LockstepTensors
import Testing

/// What is written is decoded again: chunks, checksums and pixels.
@Suite struct PNGPictureTests {
    /// A file as its chunks.
    private struct Decoded {
        var header: [UInt8] = []
        var rows: [UInt8] = []
        var names: [String] = []

        init(_ bytes: [UInt8]) throws {
            #expect(Array(bytes.prefix(8)) == [137, 80, 78, 71, 13, 10, 26, 10])
            var position = 8
            var data: [UInt8] = []
            while position < bytes.count {
                let length = Self.number(bytes, position)
                let body = Array(bytes[position + 4..<position + 8 + length])
                #expect(UInt(Self.number(bytes, position + 8 + length)) == crc32_z(0, body, body.count))
                let name = String(decoding: body.prefix(4), as: UTF8.self)
                names.append(name)
                if name == "IHDR" { header = Array(body.dropFirst(4)) }
                if name == "IDAT" { data += body.dropFirst(4) }
                position += 12 + length
            }
            #expect(position == bytes.count)
            var count = UInt(1 << 20)
            rows = [UInt8](repeating: 0, count: Int(count))
            #expect(uncompress(&rows, &count, data, UInt(data.count)) == Z_OK)
            rows.removeLast(rows.count - Int(count))
        }

        static func number(_ bytes: [UInt8], _ start: Int) -> Int {
            bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
        }
    }

    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("png-\(UUID())")

    @Test func greyPixelsComeBack() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let pixels = (0..<1500).map { UInt8(truncatingIfNeeded: $0 * $0 / 7) }
        let path = folder.appendingPathComponent("a.png").path
        try PNGPicture(width: 300, height: 5, pixels: pixels).write(to: path)
        let decoded = try Decoded(Array(Data(contentsOf: URL(fileURLWithPath: path))))
        #expect(decoded.names == ["IHDR", "IDAT", "IEND"])
        #expect(decoded.header == [0, 0, 1, 44, 0, 0, 0, 5, 8, 0, 0, 0, 0])
        let rows = (0..<5).flatMap { row -> [UInt8] in [0] + pixels[row * 300..<(row + 1) * 300] }
        #expect(decoded.rows == rows)
    }

    @Test func coloursHaveThreeBytes() throws {
        let decoded = try Decoded(
            PNGPicture(width: 2, height: 1, channels: .rgb, pixels: [1, 2, 3, 4, 5, 6]).encoded)
        #expect(decoded.header == [0, 0, 0, 2, 0, 0, 0, 1, 8, 2, 0, 0, 0])
        #expect(decoded.rows == [0, 1, 2, 3, 4, 5, 6])
    }

    @Test func picturesOfAGridAreSideBySide() {
        let pictures = (1...3).map {
            PNGPicture(width: 2, height: 1, pixels: [UInt8($0), UInt8(10 * $0)])
        }
        let grid = PNGPicture(grid: pictures, columns: 2, gap: 1)
        #expect(grid.width == 5 && grid.height == 3)
        #expect(grid.pixels == [1, 10, 0, 2, 20, 0, 0, 0, 0, 0, 3, 30, 0, 0, 0])
    }

    @Test func numbersOfATensorAreScaledAndClamped() {
        let images = Tensor([-1, 0, 1, 7, .nan, -9] as [Float], shape: Shape(2, 1, 3, 1))
        let grid = PNGPicture(grid: images, range: -1...1, columns: 1, gap: 0)
        #expect(grid.pixels == [0, 128, 255, 255, 0, 0])
    }

    @Test func aFolderThatDoesNotExistIsAnError() {
        #expect(throws: (any Error).self) {
            try PNGPicture(width: 1, height: 1, pixels: [0]).write(to: folder.path + "/no/a.png")
        }
    }
}
