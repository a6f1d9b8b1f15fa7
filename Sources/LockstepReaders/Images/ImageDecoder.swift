internal import CImages
import Glibc
import LockstepTensors

/// Decodes, crops and resizes JPEG, PNG and TIFF files. Memory is reused from image to image.
///
/// Used by one thread at a time. Images are turned upright (EXIF) and converted to 8 bits and the requested number of channels: grey is
/// (19595 R + 38470 G + 7471 B) / 65536, as in Pillow; 16 bits are rounded to 8; CMYK is converted to RGB without a profile.
/// An image of more than 67 million pixels (2^26), or with a side of more than 65,500, is refused before memory is allocated.
package final class ImageDecoder {
    /// Width and height in pixels.
    package struct Size: Equatable, Sendable {
        package var width: Int
        package var height: Int

        package init(width: Int, height: Int) {
            self.width = width
            self.height = height
        }
    }

    private var image = lockstep_image()
    private var scratch = lockstep_resize_scratch()

    package init() {}

    deinit {
        lockstep_image_free(&image)
        lockstep_resize_free(&scratch)
    }

    /// The size of the decoded image.
    package var size: Size { Size(width: Int(image.width), height: Int(image.height)) }

    /// The number of channels of the decoded image.
    package var channels: Int { Int(image.channels) }

    /// The decoded image: [height, width, channels].
    package var pixels: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: image.pixels, count: size.width * size.height * channels)
    }

    /// Reads the size of an upright image from the header of its file.
    /// - Throws: `DatasetError` with the path.
    package func measure(
        _ bytes: UnsafeBufferPointer<UInt8>, _ path: @autoclosure () -> String
    ) throws(DatasetError) -> Size {
        var header = lockstep_image_header()
        let status = lockstep_image_measure(bytes.baseAddress, bytes.count, &image, &header)
        guard status == 0 else { throw failure(status, path()) }
        return Size(width: Int(header.width), height: Int(header.height))
    }

    /// Decodes a file.
    /// - Parameters:
    ///   - channels: 1 or 3.
    ///   - background: the grey level behind a transparent image; nil to drop the alpha channel.
    ///   - reduction: 1, 2, 4 or 8; a JPEG may be decoded at this fraction of its size.
    /// - Throws: `DatasetError` with the path.
    package func decode(
        _ bytes: UnsafeBufferPointer<UInt8>, channels: Int, background: UInt8? = nil, reduction: Int = 1,
        _ path: @autoclosure () -> String
    ) throws(DatasetError) {
        let status = lockstep_image_decode(
            bytes.baseAddress, bytes.count, Int32(channels), background.map(Int32.init) ?? -1,
            Int32(reduction), &image)
        guard status == 0 else { throw failure(status, path()) }
    }

    /// Resizes a part of the decoded image, bilinear with antialiasing.
    /// - Parameters:
    ///   - crop: the part to cut out, in pixels of the decoded image.
    ///   - target: [window height, window width, channels].
    /// - Throws: `DatasetError` for an image that is too narrow.
    package func resize(
        _ crop: ImageCrop, to target: UnsafeMutablePointer<UInt8>, _ path: @autoclosure () -> String
    ) throws(DatasetError) {
        var box = lockstep_image_box(
            x: crop.x, y: crop.y, width: crop.width, height: crop.height,
            columns: Int32(clamping: crop.columns),
            rows: Int32(clamping: crop.rows), left: Int32(clamping: crop.left),
            top: Int32(clamping: crop.top),
            window_width: Int32(clamping: crop.windowWidth), window_height: Int32(clamping: crop.windowHeight)
        )
        switch lockstep_image_resize(&image, &box, target, &scratch) {
        case Int32(LOCKSTEP_IMAGE_OK): return
        case Int32(LOCKSTEP_IMAGE_NO_MEMORY):
            OutOfMemory.end(byteCount: 1 << 20, reason: "malloc has failed")
        default:
            throw DatasetError(
                .format, path(),
                "the image of \(size.width) x \(size.height) pixels is too narrow to be resized to "
                    + "\(crop.columns) x \(crop.rows)", advice: "remove it, or cut it to another shape")
        }
    }

    private func failure(_ status: Int32, _ path: String) -> DatasetError {
        let kind: DatasetError.Kind
        let advice: String
        switch Int(status) {
        case LOCKSTEP_IMAGE_UNKNOWN:
            (kind, advice) = (.format, "give JPEG, PNG or TIFF files")
        case LOCKSTEP_IMAGE_TRUNCATED:
            (kind, advice) = (.truncated, "fetch the file again, or remove it")
        case LOCKSTEP_IMAGE_UNSUPPORTED:
            (kind, advice) = (.format, "save it as PNG with 8 bits, or remove it")
        case LOCKSTEP_IMAGE_TOO_LARGE:
            (kind, advice) = (.tooLarge, "save it smaller, or remove it")
        case LOCKSTEP_IMAGE_NO_MEMORY:
            (kind, advice) = (.tooLarge, "use a machine with more memory, or smaller images")
        default: (kind, advice) = (.corrupt, "fetch the file again, or remove it")
        }
        let message = withUnsafeBytes(of: &image.message) { text in
            String(decoding: text.prefix { $0 != 0 }.map { (32..<127).contains($0) ? $0 : 63 }, as: UTF8.self)
        }
        return DatasetError(kind, path, message, advice: advice)
    }
}
