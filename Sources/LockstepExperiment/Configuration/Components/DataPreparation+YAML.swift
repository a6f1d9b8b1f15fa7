import LockstepConfiguration
import LockstepDatasets

extension DataPreparation {
    /// Reads the keys that all data sets have in common.
    package static func read(_ section: ConfigurationSection, default value: Self) throws -> Self {
        DataPreparation(
            validation: try ValidationSplit.read(section, "validation", default: value.validation),
            augment: try section.choices(
                "augment", "random changes of training images, in this order", default: value.augment,
                Augmentation.choices),
            normalize: try section.word(
                "normalize",
                "subtract the training mean and divide by the standard deviation, of each channel or feature; auto: of images per_channel, else per_feature",
                default: value.normalize),
            splitSeed: try section.seed("split_seed", "source of the random split", default: value.splitSeed))
    }
}

extension ValidationSplit {
    /// Reads `validation: 0.1`, `{fold: 0, of: 5}` or `none`.
    package static func read(_ section: ConfigurationSection, _ key: String, default value: Self) throws
        -> Self
    {
        let fold: (index: Int, count: Int)? =
            if case .fold(let index, let count) = value { (index, count) } else { nil }
        let fraction: Double? = if case .fraction(let fraction) = value { fraction } else { nil }
        func readFraction() throws -> Self {
            try section.optionalDouble(
                key, "share of the training data held back for validation; or {fold: 0, of: 5}",
                default: fraction, .validationShare
            ).map { .fraction($0) } ?? .none
        }
        func readFold() throws -> Self {
            try section.section(key) { section in
                .fold(
                    index: try section.integer(
                        "fold", "the fold that is held back, from 0 to of - 1",
                        default: fold?.index, .fold),
                    of: try section.integer("of", "number of folds", default: fold?.count, .folds))
            }
        }
        if section.isListing {
            _ = try readFraction()
            return try readFold()
        }
        return section.isMap(key) || (!section.isWritten(key) && fold != nil)
            ? try readFold() : try readFraction()
    }
}

extension Augmentation {
    /// The alternatives of an element of `augment`.
    package static var choices: [ConfigurationChoice<Self>] {
        [
            .map(
                "random_crop", from: { if case .randomCrop(let it) = $0 { it } else { nil } },
                to: { .randomCrop(padding: $0) },
                read: {
                    try $0.integer(
                        "padding", "zeros around the image, which is cut back to its size at a random place",
                        default: $1, .padding)
                }),
            .map(
                "horizontal_flip", from: { if case .horizontalFlip(let it) = $0 { it } else { nil } },
                to: { .horizontalFlip(probability: $0) },
                read: {
                    try $0.double(
                        "probability", "probability of exchanging left and right", default: $1 ?? 0.5,
                        .probability)
                }),
            .map(
                "rotation", from: { if case .rotation(let it) = $0 { it } else { nil } },
                to: { .rotation(degrees: $0) },
                read: { try $0.double("degrees", "largest angle to either side", default: $1, .angle) }),
            .map(
                "scaling",
                from: { if case .scaling(let minimum, let maximum) = $0 { (minimum, maximum) } else { nil } },
                to: { .scaling(minimum: $0.0, maximum: $0.1) },
                read: {
                    (
                        try $0.double("minimum", "smallest factor", default: $1?.0, .scalingFactor),
                        try $0.double("maximum", "largest factor", default: $1?.1, .scalingFactor)
                    )
                }
            ),
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
                read: {
                    (
                        try $0.double(
                            "brightness", "largest change of the brightness factor 1", default: $1?.0 ?? 0,
                            .factorChange),
                        try $0.double(
                            "contrast", "largest change of the contrast factor 1", default: $1?.1 ?? 0,
                            .factorChange)
                    )
                }),
            .map(
                "cutout", from: { if case .cutout(let it) = $0 { it } else { nil } },
                to: { .cutout(size: $0) },
                read: {
                    try $0.integer(
                        "size", "side of the square that is filled with the training mean", default: $1,
                        .cutoutSide)
                }),
        ]
    }
}
