/// A random change of a training image.
///
/// Every draw is keyed by seed, epoch, sample and place in the list, so it does not depend on ranks or shards.
public enum Augmentation: Codable, Sendable, Hashable {
    /// Pads the image by `padding` zeros at each side and cuts it back to its size at a random place.
    case randomCrop(padding: Int)
    /// Exchanges left and right with a probability.
    case horizontalFlip(probability: Double)
    /// Turns the image about its centre by an angle drawn from -degrees ... degrees; bilinear, zeros outside.
    case rotation(degrees: Double)
    /// Magnifies the image about its centre by a factor drawn from minimum ... maximum; bilinear, zeros outside.
    case scaling(minimum: Double, maximum: Double)
    /// b (m + c (x - m)) with the image's mean m, b drawn from 1 - brightness ... 1 + brightness and c from
    /// 1 - contrast ... 1 + contrast. Bytes stay in 0 ... 255.
    case brightnessContrast(brightness: Double, contrast: Double)
    /// Puts the training mean into a square of `size` pixels about a random pixel, clipped to the image.
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

    func validate() throws(DataConfigurationError) {
        switch self {
        case .randomCrop(let padding):
            try require(padding >= 1 && padding <= 1024, "padding", "must be in 1...1024; got \(padding)")
        case .horizontalFlip(let probability):
            try require(
                probability >= 0 && probability <= 1, "probability", "must be in 0...1; got \(probability)")
        case .rotation(let degrees):
            try require(
                degrees > 0 && degrees <= 180, "degrees", "must be above 0, at most 180; got \(degrees)")
        case .scaling(let minimum, let maximum):
            try require(
                minimum >= 0.01 && minimum <= 100, "minimum", "must be in 0.01...100; got \(minimum)")
            try require(
                maximum >= minimum && maximum <= 100, "maximum",
                "must be in \(minimum)...100, where \(minimum) is minimum; got \(maximum)")
        case .brightnessContrast(let brightness, let contrast):
            try require(
                brightness >= 0 && brightness <= 1, "brightness", "must be in 0...1; got \(brightness)")
            try require(contrast >= 0 && contrast <= 1, "contrast", "must be in 0...1; got \(contrast)")
        case .cutout(let size):
            try require(size >= 1 && size <= 4096, "size", "must be in 1...4096; got \(size)")
        }
    }

    private func require(
        _ condition: Bool, _ key: String, _ problem: @autoclosure () -> String
    ) throws(DataConfigurationError) {
        try DataConfigurationError.require(condition, "\(name).\(key)", problem())
    }
}
