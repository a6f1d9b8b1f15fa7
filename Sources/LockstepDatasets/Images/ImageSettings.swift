import LockstepConfiguration

/// How image files become samples of one size.
public struct ImageSettings: Sendable, Hashable {
    /// What becomes of an alpha channel.
    public enum Transparency: String, Sendable, Hashable, CaseIterable {
        /// It is left out; transparent pixels have whatever colour is stored.
        case drop
        /// The image is put on black.
        case black
        /// The image is put on white.
        case white

        var background: UInt8? {
            switch self {
            case .drop: nil
            case .black: 0
            case .white: 255
            }
        }
    }

    /// Which part of a training image is used.
    public enum Crop: String, Sendable, Hashable, CaseIterable {
        /// The middle, as in evaluation.
        case center
        /// A random part of random size and shape. Source: Szegedy et al.: Going Deeper with Convolutions (2015).
        case randomResized = "random_resized"
    }

    /// Height and width of a sample; one number is both.
    public var size: [Int] = []
    /// The shorter side that an image is resized to before its middle is cut out; nil for the larger side of the sample.
    public var resize: Int?
    /// 1 for grey, 3 for colour.
    public var channels = 3
    /// What becomes of an alpha channel.
    public var transparency = Transparency.drop
    /// Which part of a training image is used.
    public var trainCrop = Crop.center
    /// The smallest share of an image's area that a random part has.
    public var minimumArea = 0.08
    /// Whether a large JPEG may be decoded at a fraction of its size.
    public var reducesJPEG = true
    /// The number of training images that means and deviations are measured on.
    public var statisticsImages = 2000

    /// Settings that still need a size.
    public init() {}

    /// Settings for a size.
    public init(height: Int, width: Int, channels: Int = 3) {
        size = [height, width]
        self.channels = channels
    }

    var height: Int { size.first ?? 1 }
    var width: Int { size.last ?? 1 }
    /// The extents of a sample: height, width, channels.
    var extents: [Int] { [height, width, channels] }
    var elementCount: Int { height * width * channels }
    var shorterSide: Int { resize ?? max(height, width) }

    public func check() throws(ComponentError) {
        guard (1...2).contains(size.count) else {
            throw ComponentError(
                path: "size", problem: "must be [height, width], or [side] of a square; got \(size)")
        }
        guard channels != 2 else {
            throw ComponentError(path: "channels", problem: "must be 1 (grey) or 3 (colour); got 2")
        }
        guard shorterSide >= max(height, width) else {
            throw ComponentError(
                path: "resize",
                problem: "must be at least the larger side of size, \(max(height, width)); got \(shorterSide)"
            )
        }
    }
}

extension ImageSettings: Configurable {
    public static var keys: KeyTable<Self> {
        KeyTable(
            .integers(
                "size", \.size, .within(1...4096), count: .within(1...2),
                "[height, width] of a sample in pixels, or [side] of a square", default: .required),
            .optionalInteger(
                "resize", \.resize, .within(1...8192),
                "shorter side that an image is resized to before the middle is cut out; auto: the larger side of size",
                absent: "auto"),
            .integer("channels", \.channels, .within(1...3), "1 for grey or 3 for colour"),
            .word(
                "transparency", \.transparency,
                "drop leaves an alpha channel out; black and white put the image on that"),
            .word(
                "train_crop", \.trainCrop,
                "part of a training image: its middle, or a random part of random size and shape"),
            .number(
                "minimum_area", \.minimumArea, .above(0, upTo: 1),
                "for random_resized: smallest share of the image's area; the largest is 1"),
            .flag(
                "reduce_jpeg", \.reducesJPEG,
                "decode a JPEG at 1/2, 1/4 or 1/8 of its size where that is still twice the size that is needed"
            ),
            .integer(
                "statistics_images", \.statisticsImages, .within(1...10_000_000),
                "number of training images that means and deviations for normalize are measured on"))
    }
}
