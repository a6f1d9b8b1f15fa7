import LockstepDatasets

extension DataPreparation {
    /// Reads the keys that all data sets have in common.
    static func read(_ section: ConfigurationSection, default value: Self) throws -> Self {
        DataPreparation(
            validation: try ValidationSplit.read(section, "validation", default: value.validation),
            augment: try section.choices("augment", default: value.augment, Augmentation.choices),
            normalize: try section.word("normalize", default: value.normalize),
            splitSeed: try section.seed("split_seed", default: value.splitSeed))
    }
}

extension ValidationSplit {
    /// Reads `validation: 0.1`, `{fold: 0, of: 5}` or `none`.
    static func read(_ section: ConfigurationSection, _ key: String, default value: Self) throws -> Self {
        let fold: (index: Int, count: Int)? =
            if case .fold(let index, let count) = value { (index, count) } else { nil }
        if section.isMap(key) || (!section.isWritten(key) && fold != nil) {
            return try section.section(key) { section in
                .fold(
                    index: try section.integer("fold", default: fold?.index),
                    of: try section.integer("of", default: fold?.count))
            }
        }
        let fraction: Double? = if case .fraction(let fraction) = value { fraction } else { nil }
        return try section.optionalDouble(key, default: fraction).map { .fraction($0) } ?? .none
    }
}

extension Augmentation {
    /// The alternatives of an element of `augment`.
    static var choices: [ConfigurationChoice<Self>] {
        [
            .map(
                "random_crop", from: { if case .randomCrop(let it) = $0 { it } else { nil } },
                to: { .randomCrop(padding: $0) }, read: { try $0.integer("padding", default: $1) }),
            .map(
                "horizontal_flip", from: { if case .horizontalFlip(let it) = $0 { it } else { nil } },
                to: { .horizontalFlip(probability: $0) },
                read: { try $0.double("probability", default: $1 ?? 0.5) }),
            .map(
                "rotation", from: { if case .rotation(let it) = $0 { it } else { nil } },
                to: { .rotation(degrees: $0) }, read: { try $0.double("degrees", default: $1) }),
            .map(
                "scaling",
                from: { if case .scaling(let minimum, let maximum) = $0 { (minimum, maximum) } else { nil } },
                to: { .scaling(minimum: $0.0, maximum: $0.1) },
                read: { (try $0.double("minimum", default: $1?.0), try $0.double("maximum", default: $1?.1)) }
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
                        try $0.double("brightness", default: $1?.0 ?? 0),
                        try $0.double("contrast", default: $1?.1 ?? 0)
                    )
                }),
            .map(
                "cutout", from: { if case .cutout(let it) = $0 { it } else { nil } },
                to: { .cutout(size: $0) },
                read: { try $0.integer("size", default: $1) }),
        ]
    }
}
