import LockstepConfiguration
import LockstepReaders

/// How data are split, normalised and augmented, for all recipes.
public struct DataPreparation: Codable, Sendable, Hashable {
    /// The part of the training data that is held back for validation.
    public var validation: ValidationSplit
    /// The augmentations of training images, in the order in which they are applied.
    public var augment: [Augmentation]
    /// How inputs are normalised.
    public var normalize: Normalization
    /// The seed of the permutation that is split into training and validation data.
    public var splitSeed: UInt64

    /// Makes a preparation.
    public init(
        validation: ValidationSplit = .none, augment: [Augmentation] = [],
        normalize: Normalization = .automatic, splitSeed: UInt64 = 0
    ) {
        self.validation = validation
        self.augment = augment
        self.normalize = normalize
        self.splitSeed = splitSeed
    }

    /// Whether inputs are standardised before any augmentation; images are augmented in their own units.
    var standardizesNumbers: Bool { normalize != .none && augment.isEmpty }

    /// The settings that affect how files are decoded.
    var decodingOnly: DataPreparation { DataPreparation(normalize: standardizesNumbers ? normalize : .none) }

    /// Requires that validation data come either from files or from the training data.
    func requireOneValidation(_ files: DataFiles?, _ key: String) throws(ComponentError) {
        try ComponentError.requireFiles(files, key)
        try ComponentError.require(
            files == nil || validation == .none, key,
            "and validation, a share of the training data, exclude each other: leave one of them out")
    }

    func validate() throws(ComponentError) {
        try validation.validate()
        for (index, augmentation) in augment.enumerated() {
            do {
                try augmentation.validate()
            } catch {
                throw error.inside("augment[\(index)]")
            }
        }
    }
}
