import LockstepConfiguration

extension DataPreparation: Configurable {
    public init() { self.init(validation: .none) }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .init(\.validation, .initial) {
                try ValidationSplit.read($0, "validation", default: $1 ?? .none)
            },
            .choices("augment", \.augment, "augmentations of training images, in this order"),
            .word(
                "normalize", \.normalize,
                "standardise inputs by the training mean and standard deviation of each channel or feature; auto: per_channel for images, "
                    + "otherwise per_feature"
            ),
            .seed("split_seed", \.splitSeed, "seed of the random split"))
    }
}

extension ValidationSplit {
    /// Reads `validation: 0.1`, `{fold: 0, of: 5}` or `none`.
    fileprivate static func read(_ section: ConfigurationSection, _ key: String, default value: Self) throws
        -> Self
    {
        let fold: (index: Int, count: Int)? =
            if case .fold(let index, let count) = value { (index, count) } else { nil }
        let fraction: Double? = if case .fraction(let fraction) = value { fraction } else { nil }
        let meaning = "share of the training data held back for validation; or {fold: 0, of: 5}"
        func readFraction() throws -> Self {
            let format = ValueFormat<Double>.number(.validationShare).optional()
            return try section.value(key, meaning, default: fraction, format).map { .fraction($0) } ?? .none
        }
        let folds = KeyTable<(index: Int, count: Int)>(
            defaults: (0, 0),
            .integer(
                "fold", \.index, .fold, "the fold that is held back, from 0 to of - 1", default: .required),
            .integer("of", \.count, .folds, "number of folds", default: .required))
        func readFold() throws -> Self {
            let fold = try section.section(key) { try folds.read($0, fold) }
            return .fold(index: fold.index, of: fold.count)
        }
        if section.isListing {
            _ = try readFraction()
            return try readFold()
        }
        return switch section.written(key) {
        case .mapping: try readFold()
        case nil where fold != nil: try readFold()
        default: try readFraction()
        }
    }
}

extension Augmentation: ConfigurableChoice {
    public static var choices: [ConfigurationChoice<Self>] {
        [
            .map(
                "random_crop", from: { if case .randomCrop(let it) = $0 { it } else { nil } },
                to: { .randomCrop(padding: $0) },
                KeyTable(
                    defaults: 0,
                    .integer(
                        "padding", \.self, .padding,
                        "zeros around the image, which is cropped to its size at a random position",
                        default: .required))),
            .map(
                "horizontal_flip", from: { if case .horizontalFlip(let it) = $0 { it } else { nil } },
                to: { .horizontalFlip(probability: $0) },
                KeyTable(
                    defaults: 0.5,
                    .number(
                        "probability", \.self, .probability, "probability of a horizontal flip"))),
            .map(
                "rotation", from: { if case .rotation(let it) = $0 { it } else { nil } },
                to: { .rotation(degrees: $0) },
                KeyTable(
                    defaults: 0,
                    .number(
                        "degrees", \.self, .angle, "maximum angle in either direction", default: .required))),
            .map(
                "scaling",
                from: { if case .scaling(let minimum, let maximum) = $0 { (minimum, maximum) } else { nil } },
                to: { .scaling(minimum: $0.0, maximum: $0.1) },
                KeyTable<(Double, Double)>(
                    defaults: (1, 1),
                    .number("minimum", \.0, .scalingFactor, "minimum factor", default: .required),
                    .number("maximum", \.1, .scalingFactor, "maximum factor", default: .required))),
            .map(
                "brightness_contrast",
                from: {
                    if case .brightnessContrast(let brightness, let contrast) = $0 {
                        (brightness, contrast)
                    } else {
                        nil
                    }
                },
                to: { .brightnessContrast(brightness: $0.0, contrast: $0.1) },
                KeyTable<(Double, Double)>(
                    defaults: (0, 0),
                    .number(
                        "brightness", \.0, .factorChange,
                        "maximum change of the brightness factor, which is drawn about 1"),
                    .number(
                        "contrast", \.1, .factorChange,
                        "maximum change of the contrast factor, which is drawn about 1"))),
            .map(
                "cutout", from: { if case .cutout(let it) = $0 { it } else { nil } },
                to: { .cutout(size: $0) },
                KeyTable(
                    defaults: 0,
                    .integer(
                        "size", \.self, .cutoutSide,
                        "side of the square that is filled with the training mean", default: .required))),
        ]
    }
}
