import Glibc
import LockstepReaders

extension DataConfiguration {
    /// The files that are read, in the order training, validation, test; empty for a synthetic task.
    /// - Throws: `DatasetError` for a folder that cannot be read.
    package func sourceFiles() throws(DatasetError) -> [String] {
        switch self {
        case .fashionMNIST(let recipe):
            return [
                "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                "t10k-labels-idx1-ubyte",
            ].map { name in
                let plain = "\(recipe.directory)/\(name)"
                // Debian installs gzipped files; unpacked ones are read as well.
                return access("\(plain).gz", F_OK) != 0 && access(plain, F_OK) == 0 ? plain : "\(plain).gz"
            }
        case .idx(let recipe):
            return try Self.paths(
                recipe.trainImages, recipe.trainLabels, recipe.validationImages, recipe.validationLabels,
                recipe.testImages, recipe.testLabels)
        case .csv(let recipe):
            return try Self.paths(recipe.train, recipe.validationFile, recipe.test)
        case .jsonLines(let recipe):
            return try Self.paths(recipe.train, recipe.validationFile, recipe.test)
        case .hdf5(let recipe):
            return try DataConfiguration.npy(recipe.arrays).sourceFiles()
        case .npy(let recipe):
            return try Self.arrayPaths(
                recipe.trainInputs, recipe.trainTargets, recipe.validationInputs, recipe.validationTargets,
                recipe.testInputs, recipe.testTargets)
        case .sequences(let recipe):
            return try Self.arrayPaths(
                recipe.trainInputs, recipe.trainLengths, recipe.trainTargets, recipe.validationInputs,
                recipe.validationLengths, recipe.validationTargets, recipe.testInputs, recipe.testLengths,
                recipe.testTargets)
        case .cifar10(let recipe):
            let inner = "\(recipe.directory)/cifar-10-batches-bin"
            let directory = access(inner, F_OK) == 0 ? inner : recipe.directory
            return (1...5).map { "\(directory)/data_batch_\($0).bin" } + ["\(directory)/test_batch.bin"]
        case .synthetic:
            return []
        case .text(let recipe):
            return try Self.paths(recipe.path, recipe.validationFile) + recipe.windows.tokenizerFiles
        case .kingJames(let recipe):
            // Debian's program reads its text from this file; other programs contain theirs.
            return [recipe.program, "/usr/lib/bible.data"] + recipe.windows.tokenizerFiles
        case .shakespeare(let recipe):
            return try recipe.files() + recipe.windows.tokenizerFiles
        }
    }

    /// The files of the test set; empty if it has no separate files.
    func testFiles() throws(DatasetError) -> [String] {
        switch self {
        case .fashionMNIST: try Array(sourceFiles().suffix(2))
        case .cifar10: try Array(sourceFiles().suffix(1))
        case .idx(let recipe): try Self.paths(recipe.testImages, recipe.testLabels)
        case .csv(let recipe): try Self.paths(recipe.test)
        case .jsonLines(let recipe): try Self.paths(recipe.test)
        case .npy(let recipe): try Self.arrayPaths(recipe.testInputs, recipe.testTargets)
        case .hdf5(let recipe): try DataConfiguration.npy(recipe.arrays).testFiles()
        // The steps are read separately.
        case .sequences(let recipe): try Self.arrayPaths(recipe.testLengths, recipe.testTargets)
        case .synthetic, .text, .kingJames, .shakespeare: []
        }
    }

    /// Whether the test set has inputs, and no files of targets: it can be predicted.
    var isTestUnlabeled: Bool {
        switch self {
        case .idx(let recipe): recipe.testImages != nil && recipe.testLabels == nil
        case .npy, .hdf5: arrays?.testInputs != nil && arrays?.testTargets == nil
        case .sequences(let recipe): recipe.testInputs != nil && recipe.testTargets == nil
        case .fashionMNIST, .csv, .jsonLines, .cifar10, .synthetic, .text, .kingJames, .shakespeare: false
        }
    }

    /// This recipe without test targets, if the first HDF5 file of the test set lacks the data set of the targets.
    /// - Returns: the recipe, and a note if it names such targets for the test set alone.
    func withoutAbsentTestTargets() throws(DatasetError) -> (recipe: DataConfiguration, note: String?) {
        guard case .hdf5(let recipe) = self else { return (self, nil) }
        var arrays = recipe.arrays
        guard let first = try arrays.testTargets?.arrays().first, try !ArrayReader.has(first) else {
            return (self, nil)
        }
        arrays.testTargets = nil
        let note = recipe.testTargets.map {
            "\(first.path) has no data set \($0) (test_targets), \(TestKeys.noTargets)"
        }
        return (.npy(arrays), note)
    }

    private static func paths(_ all: DataFiles?...) throws(DatasetError) -> [String] {
        var paths: [String] = []
        for files in all { paths += try files?.paths() ?? [] }
        return paths
    }

    /// The paths of files of arrays; a file with several arrays is listed once.
    static func arrayPaths(_ all: DataFiles?...) throws(DatasetError) -> [String] {
        var paths: [String] = []
        var seen: Set<String> = []
        for files in all {
            for file in try files?.arrays() ?? [] where seen.insert(file.path).inserted {
                paths.append(file.path)
            }
        }
        return paths
    }

    /// This configuration without settings that do not affect the decoded data.
    var decodingOnly: DataConfiguration {
        switch self {
        case .fashionMNIST(var recipe):
            recipe.preparation = .init()
            return .fashionMNIST(recipe)
        case .idx(var recipe):
            recipe.preparation = recipe.preparation.decodingOnly
            return .idx(recipe)
        case .csv(var recipe):
            recipe.preparation = recipe.preparation.decodingOnly
            return .csv(recipe)
        case .jsonLines(var recipe):
            recipe.preparation = recipe.preparation.decodingOnly
            return .jsonLines(recipe)
        case .npy(var recipe):
            recipe.preparation = recipe.preparation.decodingOnly
            (recipe.memory, recipe.stageTo) = (nil, nil)
            return .npy(recipe)
        case .hdf5(var recipe):
            recipe.preparation = recipe.preparation.decodingOnly
            (recipe.memory, recipe.stageTo) = (nil, nil)
            return .hdf5(recipe)
        case .sequences(var recipe):
            recipe.preparation = recipe.preparation.decodingOnly
            return .sequences(recipe)
        case .cifar10(var recipe):
            recipe.preparation = .init()
            return .cifar10(recipe)
        case .synthetic(var recipe):
            recipe.preparation = .init()
            return .synthetic(recipe)
        case .text(var recipe):
            recipe.windows = .init()
            return .text(recipe)
        case .kingJames(var recipe):
            recipe.windows = .init()
            return .kingJames(recipe)
        case .shakespeare(var recipe):
            recipe.windows = .init()
            return .shakespeare(recipe)
        }
    }
}
