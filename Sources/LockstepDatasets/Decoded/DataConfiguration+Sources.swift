import Glibc
import LockstepReaders

extension DataConfiguration {
    /// The files that are read, training before test; empty for a task made from a seed.
    /// - Throws: `DatasetError` for a folder that cannot be read.
    package func sourceFiles() throws(DatasetError) -> [String] {
        switch self {
        case .fashionMNIST(let recipe):
            return [
                "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                "t10k-labels-idx1-ubyte",
            ].map { name in
                let plain = "\(recipe.directory)/\(name)"
                // Debian installs the files gzipped; unpacked ones serve as well.
                return access("\(plain).gz", F_OK) != 0 && access(plain, F_OK) == 0 ? plain : "\(plain).gz"
            }
        case .idx(let recipe):
            return [recipe.trainImages, recipe.trainLabels]
                + [recipe.testImages, recipe.testLabels].compactMap { $0 }
        case .csv(let recipe):
            return [recipe.train] + [recipe.test].compactMap { $0 }
        case .npy(let recipe):
            return [recipe.trainInputs, recipe.trainTargets]
                + [recipe.testInputs, recipe.testTargets].compactMap { $0 }
        case .sequences(let recipe):
            return [recipe.trainInputs, recipe.trainLengths, recipe.trainTargets]
                + [recipe.testInputs, recipe.testLengths, recipe.testTargets].compactMap { $0 }
        case .cifar10(let recipe):
            let inner = "\(recipe.directory)/cifar-10-batches-bin"
            let directory = access(inner, F_OK) == 0 ? inner : recipe.directory
            return (1...5).map { "\(directory)/data_batch_\($0).bin" } + ["\(directory)/test_batch.bin"]
        case .synthetic:
            return []
        case .text(let recipe):
            return [recipe.path]
        case .kingJames(let recipe):
            // The program reads the text from here; another program's is part of it.
            return [recipe.program, "/usr/lib/bible.data"]
        case .shakespeare(let recipe):
            return try recipe.files()
        }
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
        case .npy(var recipe):
            recipe.preparation = recipe.preparation.decodingOnly
            return .npy(recipe)
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
