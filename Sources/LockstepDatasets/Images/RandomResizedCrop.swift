import Glibc
import LockstepReaders
import LockstepTensors

/// A random part of an image: its area is drawn from minimum ... 1 of the image's area, its aspect ratio from 3:4 to 4:3.
///
/// Like torchvision's RandomResizedCrop: ten attempts, then the centre. Source: Szegedy et al.: Going Deeper with Convolutions
/// (2015).
package enum RandomResizedCrop {
    /// The layer of the draws; the augmentations in `augment` use smaller numbers.
    static let layer = 1 << 20

    package static func draw(
        _ size: ImageDecoder.Size, minimumArea: Double, _ key: RandomKey, windowWidth: Int, windowHeight: Int
    ) -> ImageCrop {
        let (width, height) = (Double(size.width), Double(size.height))
        func crop(_ x: Int, _ y: Int, _ columns: Int, _ rows: Int) -> ImageCrop {
            ImageCrop(
                x: Double(x), y: Double(y), width: Double(columns), height: Double(rows),
                windowWidth: windowWidth,
                windowHeight: windowHeight)
        }
        let widest = log(4.0 / 3.0)
        for attempt in 0..<10 as Range<UInt64> {
            let area = width * height * (minimumArea + (1 - minimumArea) * Double(key.uniform(4 * attempt)))
            let ratio = exp(-widest + 2 * widest * Double(key.uniform(4 * attempt + 1)))
            let columns = Int((area * ratio).squareRoot().rounded())
            let rows = Int((area / ratio).squareRoot().rounded())
            guard columns > 0, rows > 0, columns <= size.width, rows <= size.height else { continue }
            return crop(
                Int(key.index(4 * attempt + 2, below: UInt64(size.width - columns + 1))),
                Int(key.index(4 * attempt + 3, below: UInt64(size.height - rows + 1))), columns, rows)
        }
        // The image is too elongated: its centre, as long as the aspect ratio allows.
        let columns = min(size.width, max(1, Int((height * 4 / 3).rounded())))
        let rows = min(size.height, max(1, Int((width * 4 / 3).rounded())))
        return crop((size.width - columns) / 2, (size.height - rows) / 2, columns, rows)
    }
}
