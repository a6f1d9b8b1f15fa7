import Foundation
import LockstepCheckpoints
import LockstepDatasets
import LockstepFiles
import LockstepONNX
import LockstepRunLog
import LockstepTasks
import LockstepText
import LockstepTokens

extension TrainedModel {
    /// The networks with the preparation of their input as a module for PyTorch, from the same passes as `onnx`.
    /// - Parameter name: the name of the Python file without `.py`.
    /// - Throws: as `onnx`; `TrainingError.model` for an operator without a counterpart in PyTorch.
    public func torchModule(name: String) throws -> TorchModule {
        let (model, task, preparation) = try graph(keepsFunctions: true)
        var description = TorchModule.Description()
        description.title = "The network \(configuration.model.name) after \(step) steps of training"
        description.classes = task.exportedClasses
        description.isOfOneClass = task.exportsOneClass
        if let task = task as? LanguageModeling {
            description.isText = try constants.tokenizer(vocabulary: task.vocabulary) is ByteTokenizer
        }
        if let table = preparation?.table {
            description.columns = table.columns.map { .init($0.name, categories: $0.categories) }
            (description.missingTexts, description.canMiss) = (table.missingTexts, table.canMiss)
        }
        do throws(ONNXError) {
            return try TorchModule(model, name: name, description)
        } catch {
            throw TrainingError.model("\(error)")
        }
    }

    /// Writes the module to a Python file and its weights to a safetensors file beside it; both are replaced.
    /// - Parameter path: the Python file; its name ends in `.py`.
    /// - Returns: a description of what was written.
    /// - Throws: what `torchModule` throws; `RunLogError` when a file cannot be written.
    public func exportTorch(to path: String) throws -> String {
        let stem = String(path.dropLast(3))
        let (folder, name) =
            stem.lastIndex(of: "/").map {
                (String(stem[...$0]), String(stem[stem.index(after: $0)...]))
            } ?? ("", stem)
        guard path.hasSuffix(".py"), !name.isEmpty else {
            throw TrainingError.model("--torch \(path) is not the name of a Python file; let it end in .py")
        }
        let weights = stem + ".safetensors"
        guard !FileManager.default.fileExists(atPath: folder + "manifest.json") else {
            throw TrainingError.model(
                "--torch \(path) is in a checkpoint's directory, whose files stay as they are; give another directory"
            )
        }
        let module = try torchModule(name: name)
        do throws(FileError) {
            try SafetensorsFile.write(module.tensors.map { .init($0) }, replacing: weights)
            let file = try AtomicFile(replacing: path)
            try SafetensorsFile.write(Array(module.source.utf8), to: file)
            try file.commit()
        } catch {
            throw RunLogError(path, "cannot be written", error, option: "--torch")
        }
        let bytes = module.tensors.reduce(0) { $0 + $1.bytes.count }
        return TextTable.aligned([
            ["checkpoint", checkpoint], ["step", "\(step)"], ["module", path],
            ["weights", "\(weights), \(module.tensors.count) tensors, \(bytes) bytes"],
        ])
    }
}

extension SafetensorsFile.Tensor {
    fileprivate init(_ tensor: ONNXTensor) {
        let type: SafetensorsType =
            switch tensor.type {
            case .float32: .float32
            case .float64: .float64
            case .int64: .int64
            case .bool: .bool
            }
        self.init(name: tensor.name, type: type, shape: tensor.shape, bytes: tensor.bytes)
    }
}
