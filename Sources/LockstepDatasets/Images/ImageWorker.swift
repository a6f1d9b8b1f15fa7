import LockstepReaders
import LockstepTensors

/// Reads, decodes, crops and augments images for one thread; its memory is reused from image to image.
final class ImageWorker {
    private let buffer = FileBuffer()
    private let decoder = ImageDecoder()
    private let settings: ImageSettings
    /// The last image: [height, width, channels].
    let pixels: UnsafeMutablePointer<UInt8>
    /// Nil if training images are not augmented.
    let augmenter: Augmenter?

    init(_ settings: ImageSettings, augmenter: Augmenter? = nil) {
        self.settings = settings
        self.augmenter = augmenter
        pixels = .allocate(capacity: settings.elementCount)
        pixels.initialize(repeating: 0, count: settings.elementCount)
    }

    deinit { pixels.deallocate() }

    /// Reads an image into `pixels`.
    /// - Parameter draws: the random draws of a training sample; nil for the centre of the image.
    /// - Throws: `DatasetError`, which names the file.
    func read(_ files: any SampleFiles, _ sample: Int, draws: SampleDraws?) throws(DatasetError) {
        try files.read(sample, into: buffer)
        let full = try decoder.measure(buffer.bytes, files.path(sample))
        let crop = crop(of: full, sample, draws)
        try decoder.decode(
            buffer.bytes, channels: settings.channels, background: settings.transparency.background,
            reduction: settings.reducesJPEG ? crop.reduction : 1, files.path(sample))
        try decoder.resize(crop.scaled(from: full, to: decoder.size), to: pixels, files.path(sample))
    }

    private func crop(of size: ImageDecoder.Size, _ sample: Int, _ draws: SampleDraws?) -> ImageCrop {
        guard let draws, settings.trainCrop == .randomResized else {
            return ImageCrop(
                center: size, shorter: settings.shorterSide, windowWidth: settings.width,
                windowHeight: settings.height)
        }
        return RandomResizedCrop.draw(
            size, minimumArea: settings.minimumArea,
            draws.key(layer: RandomResizedCrop.layer, sample: sample),
            windowWidth: settings.width, windowHeight: settings.height)
    }
}
