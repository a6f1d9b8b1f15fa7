import CZlib
import LockstepContracts
import LockstepFiles

/// A picture of 8 bits per channel, to be written as PNG.
///
/// Source: W3C: Portable Network Graphics (PNG) Specification, 2nd edition.
public struct PNGPicture: Sendable, Equatable {
    /// What a pixel is.
    public enum Channels: Int, Sendable {
        /// Its brightness: 0 is black.
        case grey = 1
        /// Red, green and blue.
        case rgb = 3
    }

    /// Pixels of a row.
    public let width: Int
    /// Rows.
    public let height: Int
    /// What a pixel is.
    public let channels: Channels
    /// The pixels, row by row from the top: [height, width, channels].
    public private(set) var pixels: [UInt8]

    /// A picture. Traps unless there are height x width x channels bytes, and at least one pixel.
    public init(width: Int, height: Int, channels: Channels = .grey, pixels: [UInt8]) {
        contract(
            width > 0 && height > 0 && pixels.count == width * height * channels.rawValue,
            "PNGPicture: \(pixels.count) bytes for \(height) x \(width) pixels of \(channels.rawValue) channels"
        )
        self.width = width
        self.height = height
        self.channels = channels
        self.pixels = pixels
    }

    /// Pictures of one size side by side, in rows of `columns`, with black gaps between them.
    /// - Parameters:
    ///   - columns: pictures of a row; the last row may have fewer.
    ///   - gap: the width of the gaps in pixels.
    public init(grid pictures: [PNGPicture], columns: Int, gap: Int = 2) {
        guard let first = pictures.first, columns > 0, gap >= 0 else {
            brokenContract(
                "PNGPicture: a grid of \(pictures.count) pictures, \(columns) in a row, gap \(gap)")
        }
        let (rows, columns) = ((pictures.count + columns - 1) / columns, Swift.min(columns, pictures.count))
        width = columns * (first.width + gap) - gap
        height = rows * (first.height + gap) - gap
        channels = first.channels
        pixels = [UInt8](repeating: 0, count: width * height * channels.rawValue)
        for (number, picture) in pictures.enumerated() {
            contract(
                picture.width == first.width && picture.height == first.height
                    && picture.channels == channels,
                "PNGPicture: the pictures of a grid differ in size or channels")
            let (top, left) = (
                number / columns * (first.height + gap), number % columns * (first.width + gap)
            )
            let length = picture.width * channels.rawValue
            for row in 0..<picture.height {
                let start = ((top + row) * width + left) * channels.rawValue
                pixels.replaceSubrange(
                    start..<start + length, with: picture.pixels[row * length..<(row + 1) * length])
            }
        }
    }

    /// Replaces the file at a path.
    /// - Throws: `FileError` if it cannot be written.
    public func write(to path: String) throws(FileError) {
        let file = try AtomicFile(replacing: path)
        var failure: FileError?
        encoded.withUnsafeBytes { bytes in
            do throws(FileError) {
                try file.write(bytes)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        try file.commit()
    }

    /// The bytes of the file.
    public var encoded: [UInt8] {
        let header = bigEndian(width) + bigEndian(height) + [8, channels == .grey ? 0 : 2, 0, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
            + chunk("IDAT", compressedRows()) + chunk("IEND", [])
    }

    /// The rows, each behind the number of its filter: none.
    private func compressedRows() -> [UInt8] {
        let length = width * channels.rawValue
        var rows: [UInt8] = []
        rows.reserveCapacity(height * (length + 1))
        for row in 0..<height {
            rows.append(0)
            rows += pixels[row * length..<(row + 1) * length]
        }
        var count = compressBound(UInt(rows.count))
        var result = [UInt8](repeating: 0, count: Int(count))
        let status = compress2(&result, &count, rows, UInt(rows.count), Z_DEFAULT_COMPRESSION)
        contract(status == Z_OK, "PNGPicture: zlib returns \(status)")
        return Array(result.prefix(Int(count)))
    }

    /// Length, name and contents of a part of the file, and the checksum of the last two.
    private func chunk(_ name: String, _ contents: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + contents
        return bigEndian(contents.count) + body + bigEndian(Int(crc32_z(0, body, body.count)))
    }

    private func bigEndian(_ number: Int) -> [UInt8] {
        stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> $0) }
    }
}
