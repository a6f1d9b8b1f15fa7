import LockstepConfiguration

/// An augmentation: a random change of a training image.
///
/// Every draw is keyed by seed, epoch, sample and position in the list, so it does not depend on ranks or shards.
public enum Augmentation: Codable, Sendable, Hashable {
    /// Pads the image by `padding` zeros at each side and crops it to its size at a random position.
    case randomCrop(padding: Int)
    /// Flips the image horizontally with a probability.
    case horizontalFlip(probability: Double)
    /// Rotates the image about its centre by an angle drawn from -degrees ... degrees; bilinear, zeros outside.
    case rotation(degrees: Double)
    /// Scales the image about its centre by a factor drawn from minimum ... maximum; bilinear, zeros outside.
    case scaling(minimum: Double, maximum: Double)
    /// b (m + c (x - m)) with the image's mean m, b drawn from 1 - brightness ... 1 + brightness and c from
    /// 1 - contrast ... 1 + contrast. Bytes stay in 0 ... 255.
    case brightnessContrast(brightness: Double, contrast: Double)
    /// Fills a square of `size` x `size` pixels about a random pixel with the training mean, clipped to the image.
    ///
    /// Source: DeVries, Taylor: Improved Regularization of Convolutional Neural Networks with Cutout (2017).
    case cutout(size: Int)

    /// The name in a run file.
    public var name: String {
        switch self {
        case .randomCrop: "random_crop"
        case .horizontalFlip: "horizontal_flip"
        case .rotation: "rotation"
        case .scaling: "scaling"
        case .brightnessContrast: "brightness_contrast"
        case .cutout: "cutout"
        }
    }

    func validate() throws(ComponentError) {
        switch self {
        case .randomCrop(let padding): try require(padding, in: .padding, "padding")
        case .horizontalFlip(let probability): try require(probability, in: .probability, "probability")
        case .rotation(let degrees): try require(degrees, in: .angle, "degrees")
        case .scaling(let minimum, let maximum):
            try require(minimum, in: .scalingFactor, "minimum")
            try require(maximum, in: .scalingFactor, "maximum")
            try ComponentError.require(
                maximum >= minimum, "\(name).maximum",
                "must be at least minimum, which is \(minimum); got \(maximum)")
        case .brightnessContrast(let brightness, let contrast):
            try require(brightness, in: .factorChange, "brightness")
            try require(contrast, in: .factorChange, "contrast")
        case .cutout(let size): try require(size, in: .cutoutSide, "size")
        }
    }

    private func require<Value>(
        _ value: Value, in legal: LegalRange<Value>, _ key: String
    ) throws(ComponentError) {
        try ComponentError.require(value, in: legal, "\(name).\(key)")
    }
}
