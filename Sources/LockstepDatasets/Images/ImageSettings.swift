import LockstepConfiguration

/// How image files become samples of one size.
public struct ImageSettings: Sendable, Hashable {
    /// How an alpha channel is treated.
    public enum Transparency: String, Sendable, Hashable, CaseIterable {
        /// It is dropped; transparent pixels get their stored colour.
        case drop
        /// The image is composited over black.
        case black
        /// The image is composited over white.
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
        /// The centre, as in evaluation.
        case center
        /// A random part of random size and aspect ratio. Source: Szegedy et al.: Going Deeper with Convolutions (2015).
        case randomResized = "random_resized"
    }

    /// Height and width of a sample, or one number for both.
    public var size: [Int] = []
    /// The length to which the shorter side of an image is resized before its centre is cropped; nil for the larger side of the sample.
    public var resize: Int?
    /// 1 for grey, 3 for colour.
    public var channels = 3
    /// How an alpha channel is treated.
    public var transparency = Transparency.drop
    /// Which part of a training image is used.
    public var trainCrop = Crop.center
    /// The minimum area of a random part, as a share of the image's area.
    public var minimumArea = 0.08
    /// Whether a large JPEG may be decoded at a fraction of its resolution.
    public var reducesJPEG = true
    /// The number of training images on which means and deviations are measured.
    public var statisticsImages = 2000

    /// The defaults; the size must be set.
    public init() {}

    /// The defaults for a size.
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
                "length of the shorter side to which an image is resized before its centre is cropped; auto: the larger side of size",
                absent: "auto"),
            .integer("channels", \.channels, .within(1...3), "1 for grey or 3 for colour"),
            .word(
                "transparency", \.transparency,
                "treatment of an alpha channel: drop it, or composite the image over black or white"),
            .word(
                "train_crop", \.trainCrop,
                "crop of a training image: its centre, or a random part of random size and aspect ratio"),
            .number(
                "minimum_area", \.minimumArea, .above(0, upTo: 1),
                "for random_resized: minimum share of the image's area; the maximum is 1"),
            .flag(
                "reduce_jpeg", \.reducesJPEG,
                "decode a JPEG at 1/2, 1/4 or 1/8 of its resolution if that is still at least twice the required size"
            ),
            .integer(
                "statistics_images", \.statisticsImages, .within(1...10_000_000),
                "number of training images on which means and standard deviations for normalize are measured")
        )
    }
}
