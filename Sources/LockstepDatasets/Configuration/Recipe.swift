import LockstepConfiguration
import LockstepReaders

/// A data set of Lockstep, as its keys describe it.
protocol Recipe: Component {
    /// The recipe as a case of `DataConfiguration`.
    var configuration: DataConfiguration { get }

    /// Split, normalization and augmentation.
    var preparation: DataPreparation { get }

    /// What is predicted; classes by default.
    var task: DataTask { get }

    /// The separate files of validation data; nil, the default, if validation data are a part of the training data,
    /// or if there are none.
    var validationFiles: DataFiles? { get }

    /// Checks every value except the preparation against its range, without reading any file.
    func validate() throws(ComponentError)
}

extension Recipe {
    var task: DataTask { .classification }
    var validationFiles: DataFiles? { nil }

    public func check() throws(ComponentError) {
        try validate()
        try preparation.validate()
    }
}

/// A text.
protocol TextRecipe: Recipe {
    /// Windows, and the part held back for validation.
    var windows: TextPreparation { get set }

    /// The source of the text, for messages.
    var source: String { get }
}

extension TextRecipe {
    var preparation: DataPreparation { windows.preparation }
    var task: DataTask { .language }
}

extension DataConfiguration.FashionMNIST: Recipe {
    public static var name: String { "fashion_mnist" }
    var configuration: DataConfiguration { .fashionMNIST(self) }
}

extension DataConfiguration.IDX: Recipe {
    public static var name: String { "idx" }
    var configuration: DataConfiguration { .idx(self) }
    var validationFiles: DataFiles? { validationImages }
    public static var testKeys: TestKeys? { TestKeys(inputs: ["test_images"], targets: "test_labels") }
    public static var validationKeys: TestKeys? {
        TestKeys(inputs: ["validation_images"], targets: "validation_labels")
    }
}

extension DataConfiguration.CSV: Recipe {
    public static var name: String { "csv" }
    var configuration: DataConfiguration { .csv(self) }
    var validationFiles: DataFiles? { validationFile }
}

extension DataConfiguration.JSONLines: Recipe {
    public static var name: String { "jsonl" }
    var configuration: DataConfiguration { .jsonLines(self) }
    var validationFiles: DataFiles? { validationFile }
}

extension DataConfiguration.HDF5: Recipe {
    public static var name: String { "hdf5" }
    var configuration: DataConfiguration { .hdf5(self) }
    var validationFiles: DataFiles? { validationFile }
    public static var testKeys: TestKeys? { TestKeys(inputs: ["test_inputs"], targets: "test_targets") }
    public static var validationKeys: TestKeys? {
        TestKeys(inputs: ["validation_inputs"], targets: "validation_targets")
    }
}

extension DataConfiguration.NPY: Recipe {
    public static var name: String { "npy" }
    var configuration: DataConfiguration { .npy(self) }
    var validationFiles: DataFiles? { validationInputs }
    public static var testKeys: TestKeys? { TestKeys(inputs: ["test_inputs"], targets: "test_targets") }
    public static var validationKeys: TestKeys? {
        TestKeys(inputs: ["validation_inputs"], targets: "validation_targets")
    }
}

extension DataConfiguration.Sequences: Recipe {
    public static var name: String { "sequences" }
    var configuration: DataConfiguration { .sequences(self) }
    var validationFiles: DataFiles? { validationInputs }
    public static var testKeys: TestKeys? {
        TestKeys(inputs: ["test_inputs", "test_lengths"], targets: "test_targets")
    }
    public static var validationKeys: TestKeys? {
        TestKeys(inputs: ["validation_inputs", "validation_lengths"], targets: "validation_targets")
    }
}

extension DataConfiguration.CIFAR10: Recipe {
    public static var name: String { "cifar10" }
    var configuration: DataConfiguration { .cifar10(self) }
}

extension DataConfiguration.Synthetic: Recipe {
    public static var name: String { "synthetic" }
    var configuration: DataConfiguration { .synthetic(self) }
}

extension DataConfiguration.Text: TextRecipe {
    public static var name: String { "text" }
    var configuration: DataConfiguration { .text(self) }
    var validationFiles: DataFiles? { validationFile }
    var source: String { path.description }
}

extension DataConfiguration.KingJames: TextRecipe {
    public static var name: String { "king_james" }
    var configuration: DataConfiguration { .kingJames(self) }
    var source: String { program }
}

extension DataConfiguration.Shakespeare: TextRecipe {
    public static var name: String { "shakespeare" }
    var configuration: DataConfiguration { .shakespeare(self) }
    var source: String { usedDirectory }
}
