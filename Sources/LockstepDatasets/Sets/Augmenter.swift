import CKernels
import Glibc
import LockstepContracts
import LockstepTensors

/// Augments training images: every draw is keyed by seed, epoch, sample, and position in the list.
///
/// Images are augmented in the units of their file, then normalised. Used by one thread at a time.
final class Augmenter {
    private let list: [Augmentation]
    private let height: Int
    private let width: Int
    private let channels: Int
    private let normalization: InputScaling
    private var image: UnsafeMutablePointer<Float>
    private var other: UnsafeMutablePointer<Float>

    private var size: Int { height * width * channels }

    init(_ list: [Augmentation], _ normalization: InputScaling, shape: Shape) {
        self.list = list
        (height, width, channels) = (shape[0], shape[1], shape[2])
        self.normalization = normalization
        image = .allocate(capacity: shape.elementCount)
        other = .allocate(capacity: shape.elementCount)
    }

    deinit {
        image.deallocate()
        other.deallocate()
    }

    /// Writes an augmented and normalised image [H, W, C].
    /// - Parameter sample: the number of the image in its file, which keys the draws.
    func write(_ data: DecodedDataset, sample: Int, draws: SampleDraws, to place: UnsafeMutablePointer<Float>)
    {
        load(data, sample)
        change(sample, draws, isBytes: data.inputType == .uint8, to: place)
    }

    /// Writes an augmented and normalised image, given as bytes [H, W, C].
    func write(
        _ bytes: UnsafePointer<UInt8>, sample: Int, draws: SampleDraws, to place: UnsafeMutablePointer<Float>
    ) {
        for i in 0..<size { image[i] = Float(bytes[i]) }
        change(sample, draws, isBytes: true, to: place)
    }

    private func change(
        _ sample: Int, _ draws: SampleDraws, isBytes: Bool, to place: UnsafeMutablePointer<Float>
    ) {
        for (index, augmentation) in list.enumerated() {
            apply(
                augmentation, draws.key(layer: index, sample: sample), normalization.mean, isBytes: isBytes)
        }
        lockstep_normalize_floats(place, image, normalization.scale, normalization.shift, size)
    }

    private func load(_ data: DecodedDataset, _ sample: Int) {
        if let stream = data.stream {
            stream.with(sample) { load($0, data.inputType) }
        } else {
            load(data.inputs + sample * data.sampleByteCount, data.inputType)
        }
    }

    /// - Parameter numbers: the numbers of an image.
    private func load(_ numbers: UnsafeRawPointer, _ type: DType) {
        switch type {
        case .uint8:
            let bytes = numbers.assumingMemoryBound(to: UInt8.self)
            for i in 0..<size { image[i] = Float(bytes[i]) }
        case .float32, .int32:
            memcpy(image, numbers, size * 4)
        case .bfloat16: brokenContract("data sets are never decoded to bfloat16")
        }
    }

    private func apply(_ augmentation: Augmentation, _ key: RandomKey, _ mean: [Float], isBytes: Bool) {
        func range(_ element: UInt64, _ low: Double, _ high: Double) -> Float {
            Float(low + (high - low) * Double(key.uniform(element)))
        }
        switch augmentation {
        case .randomCrop(let padding):
            let span = UInt64(2 * padding + 1)
            shift(
                rows: Int(key.index(0, below: span)) - padding,
                columns: Int(key.index(1, below: span)) - padding)
        case .horizontalFlip(let probability):
            if Double(key.uniform(0)) < probability { flip() }
        case .rotation(let degrees):
            let angle = range(0, -degrees, degrees) * .pi / 180
            warp(cosine: cosf(angle), sine: sinf(angle))
        case .scaling(let minimum, let maximum):
            warp(cosine: 1 / range(0, minimum, maximum), sine: 0)
        case .brightnessContrast(let brightness, let contrast):
            adjust(
                range(0, 1 - brightness, 1 + brightness), range(1, 1 - contrast, 1 + contrast),
                isBytes: isBytes)
        case .cutout(let side):
            let row = Int(key.index(0, below: UInt64(height)))
            let column = Int(key.index(1, below: UInt64(width)))
            cut(row - side / 2, column - side / 2, side, mean)
        }
    }

    /// Shifts the image and fills with zeros.
    private func shift(rows: Int, columns: Int) {
        memset(other, 0, size * 4)
        for row in max(0, -rows)..<max(max(0, -rows), min(height, height - rows)) {
            let first = max(0, -columns)
            let count = min(width, width - columns) - first
            guard count > 0 else { break }
            memcpy(
                other + (row * width + first) * channels,
                image + ((row + rows) * width + first + columns) * channels, count * channels * 4)
        }
        swap(&image, &other)
    }

    private func flip() {
        for row in 0..<height {
            for column in 0..<width {
                memcpy(
                    other + (row * width + column) * channels,
                    image + (row * width + width - 1 - column) * channels, channels * 4)
            }
        }
        swap(&image, &other)
    }

    /// Reads each pixel from the position to which the matrix (cosine, -sine; sine, cosine) maps it, about the centre; bilinear.
    private func warp(cosine: Float, sine: Float) {
        let (middleRow, middleColumn) = (Float(height - 1) / 2, Float(width - 1) / 2)
        for row in 0..<height {
            for column in 0..<width {
                let (y, x) = (Float(row) - middleRow, Float(column) - middleColumn)
                let sourceRow = sine * x + cosine * y + middleRow
                let sourceColumn = cosine * x - sine * y + middleColumn
                let (top, left) = (sourceRow.rounded(.down), sourceColumn.rounded(.down))
                let (down, right) = (sourceRow - top, sourceColumn - left)
                for channel in 0..<channels {
                    let upper =
                        pixel(Int(top), Int(left), channel) * (1 - right)
                        + pixel(Int(top), Int(left) + 1, channel) * right
                    let lower =
                        pixel(Int(top) + 1, Int(left), channel) * (1 - right)
                        + pixel(Int(top) + 1, Int(left) + 1, channel) * right
                    other[(row * width + column) * channels + channel] = upper * (1 - down) + lower * down
                }
            }
        }
        swap(&image, &other)
    }

    private func pixel(_ row: Int, _ column: Int, _ channel: Int) -> Float {
        guard row >= 0, row < height, column >= 0, column < width else { return 0 }
        return image[(row * width + column) * channels + channel]
    }

    private func adjust(_ brightness: Float, _ contrast: Float, isBytes: Bool) {
        var sum: Float = 0
        for i in 0..<size { sum += image[i] }
        let mean = sum / Float(size)
        for i in 0..<size {
            let value = brightness * (mean + contrast * (image[i] - mean))
            image[i] = isBytes ? max(0, min(255, value)) : value
        }
    }

    private func cut(_ row: Int, _ column: Int, _ side: Int, _ mean: [Float]) {
        for y in max(0, row)..<max(max(0, row), min(height, row + side)) {
            for x in max(0, column)..<max(max(0, column), min(width, column + side)) {
                for channel in 0..<channels {
                    let index = (y * width + x) * channels + channel
                    image[index] = mean[index]
                }
            }
        }
    }
}
