import Foundation
import LockstepCheckpoints
import LockstepConfiguration
import LockstepDataParallel
import LockstepText

/// The weights of a file, a run or a checkpoint, and which tensor of a model each one is for.
///
/// Everything but the numbers is checked when it is made: names, shapes and types.
package struct InitialWeights {
    /// A tensor of the model, and what is read into it.
    private struct Pair {
        let tensor: StateTensor
        let file: SafetensorsFile
        let entry: SafetensorsHeader.Entry
        let reading: WeightReading

        /// Reads the numbers; those of another arrangement by way of a copy.
        func readFloats(_ count: Int) throws(CheckpointError) {
            let target = tensor.address.assumingMemoryBound(to: Float.self)
            guard reading != .whole else {
                return try file.readFloats(
                    entry, into: UnsafeMutableBufferPointer(start: target, count: count))
            }
            let size = entry.shape.reduce(1, *)
            let copy = UnsafeMutableBufferPointer<Float>.allocate(capacity: size)
            defer { copy.deallocate() }
            try file.readFloats(entry, into: copy)
            reading.arrange(UnsafeBufferPointer(copy), entry.shape, into: target, tensor.shape)
        }
    }

    /// What the log has: where the weights come from, and what was taken, missing and left.
    package let report: [String]
    private let pairs: [Pair]

    /// Opens the file and matches its tensors with those of a model.
    /// - Throws: `ConfigurationError` at `initialize.from` for a file that cannot be used, a tensor that does not fit, and, if
    ///   that is asked for, tensors without a partner; `CheckpointError` for a run without a usable checkpoint.
    package init(
        _ configuration: InitializeConfiguration, for model: [StateTensor],
        at locations: ConfigurationLocations
    ) throws {
        let source = try Source(configuration.from, at: locations)
        let network = configuration.layout.network(
            Dictionary(source.tensors.map { (configuration.mapped($0.name), $0.entry.shape) }) { $1 })
        func error(_ problem: String) -> ConfigurationError {
            locations.error(
                .conflict, "initialize.from",
                "\(source.path.printable): \(problem)"
                    + (network.map { ". The file has \($0.printable)" } ?? ""))
        }
        for (index, name) in configuration.skip.enumerated()
        where !model.contains(where: { $0.name == name || $0.name.hasPrefix(name + ".") }) {
            let near = NearestKey.find(name, in: model.map { String($0.name.prefix { $0 != "." }) })
            throw locations.error(
                .illegalValue, "initialize.skip[\(index)]",
                "no tensor or scope of the model is named '\(name.printable)'"
                    + (near.map { "; did you mean '\($0)'?" } ?? ""))
        }
        let modelNames = Set(model.map(\.name))
        var found: [String: Found] = [:]
        var spare: [String] = []
        for tensor in source.tensors {
            guard let place = configuration.layout.place(configuration.mapped(tensor.name)) else {
                continue
            }
            let name = place.name
            guard !place.isOptional || modelNames.contains(name) else {
                spare.append(tensor.name)
                continue
            }
            if let other = found.updateValue(
                Found(file: tensor.file, entry: tensor.entry, reading: place.reading), forKey: name)
            {
                throw error(
                    "its tensors \(other.entry.name.printable) and \(tensor.entry.name.printable) both come to \(name.printable); "
                        + "change initialize.map")
            }
        }
        var pairs: [Pair] = []
        var missing: [String] = []
        for tensor in model {
            guard let partner = found[tensor.name], !configuration.skips(tensor.name) else {
                // Old files have no counter of batches: nothing depends on it.
                if !configuration.skips(tensor.name), !tensor.isInteger { missing.append(tensor.name) }
                continue
            }
            let entry = partner.entry
            guard partner.reading.fits(entry.shape, tensor.shape) else {
                throw error(
                    "its tensor \(entry.name.printable) has the shape \(entry.shape), and \(tensor.name) of the model \(tensor.shape); "
                        + "change the model, or list \(tensor.name) under initialize.skip, so that it keeps its initial values"
                )
            }
            guard tensor.isInteger ? entry.type == .int64 : entry.type.isFloat else {
                throw error(
                    "its tensor \(entry.name.printable) has the type \(entry.type.rawValue), and \(tensor.name) of the model needs "
                        + (tensor.isInteger ? "I64" : "F64, F32, F16 or BF16"))
            }
            pairs.append(
                Pair(tensor: tensor, file: partner.file, entry: entry, reading: partner.reading))
            found[tensor.name] = nil
        }
        let skipped = model.filter { configuration.skips($0.name) }.map(\.name)
        let left = found.filter { !skipped.contains($0.key) }.map(\.value.entry.name).sorted()
        let gaps = [
            missing.isEmpty ? nil : "it lacks \(Self.list(missing)) of the model",
            left.isEmpty ? nil : "the model lacks \(Self.list(left)) of it",
        ].compactMap { $0 }
        guard gaps.isEmpty || !configuration.isStrict else {
            throw error(
                gaps.joined(separator: "; ")
                    + ". Rename tensors with initialize.map, list those that keep their initial values under initialize.skip, or set "
                    + "initialize.strict: false to take what there is")
        }
        guard !pairs.isEmpty else {
            throw error(
                "no tensor of it is in the model. It has \(Self.list(source.tensors.map(\.name))); the model has "
                    + "\(Self.list(model.map(\.name))). Rename them with initialize.map")
        }
        self.pairs = pairs
        let types = Set(pairs.map(\.entry.type.rawValue)).sorted().joined(separator: ", ")
        report =
            [
                "Initialized from \(source.path): \(pairs.count) of \(model.count) tensors of the model are taken (\(types))."
            ]
            + Self.line("Kept their initial values, as initialize.skip says:", skipped)
            + Self.line("Missing there, so that they keep their initial values:", missing)
            + Self.line("Left there:", (left + spare).sorted())
            + pairs.compactMap { pair in
                pair.reading.note(pair.entry.name.printable, pair.entry.shape, pair.tensor.shape)
            }.map { "  \($0)" }
    }

    /// Reads the numbers into the model.
    /// - Throws: `ConfigurationError` for a number that is infinite or NaN; `CheckpointError` when the file cannot be read.
    package func read(at locations: ConfigurationLocations) throws {
        for pair in pairs {
            let count = pair.tensor.shape.reduce(1, *)
            if pair.tensor.isInteger {
                try pair.file.readIntegers(
                    pair.entry,
                    into: UnsafeMutableBufferPointer(
                        start: pair.tensor.address.assumingMemoryBound(to: Int64.self), count: count))
                continue
            }
            try pair.readFloats(count)
            guard pair.tensor.isFinite else {
                throw locations.error(
                    .illegalValue, "initialize.from",
                    "\(pair.file.path.printable): its tensor \(pair.entry.name.printable) has elements that are "
                        + "infinite or not a number in "
                        + "32 bits")
            }
        }
    }

    /// What a file has for a tensor of the model.
    private struct Found {
        let file: SafetensorsFile
        let entry: SafetensorsHeader.Entry
        let reading: WeightReading
    }

    private static func line(_ text: String, _ names: [String]) -> [String] {
        names.isEmpty ? [] : ["  \(text) \(list(names))."]
    }

    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(8).map { $0.printable }.joined(separator: ", ")
        return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
    }
}

extension InitialWeights {
    /// Where weights come from.
    private struct Source {
        struct Tensor {
            let name: String
            let file: SafetensorsFile
            let entry: SafetensorsHeader.Entry
        }

        /// The file, or the checkpoint's directory.
        let path: String
        let tensors: [Tensor]

        /// - Throws: `ConfigurationError`, `CheckpointError`.
        init(_ path: String, at locations: ConfigurationLocations) throws {
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
                throw locations.error(
                    .illegalValue, "initialize.from",
                    "there is no file or directory \(path.printable); give a safetensors file, or the directory of a run or checkpoint"
                )
            }
            if isDirectory.boolValue {
                let checkpoint = try CheckpointFinder.find(path).checkpoint
                self.path = checkpoint.directory
                tensors = try Self.tensors(of: checkpoint)
                return
            }
            self.path = path
            do throws(CheckpointError) {
                tensors = Self.tensors(of: try SafetensorsFile(path))
            } catch {
                throw locations.error(
                    .illegalValue, "initialize.from",
                    "\(path.printable) cannot be read as a safetensors file (PyTorch's .pt and .bin files are others; save a state "
                        + "with safetensors.torch.save_file): \(error)")
            }
        }

        private static func tensors(of file: SafetensorsFile) -> [Tensor] {
            file.header.entries.map { Tensor(name: $0.name, file: file, entry: $0) }
        }

        /// A run that keeps moving averages evaluates with them, so they are what is taken.
        private static func tensors(of checkpoint: Checkpoint) throws(CheckpointError) -> [Tensor] {
            let model = tensors(of: try SafetensorsFile(checkpoint.modelPath))
            var averages: [String: Tensor] = [:]
            for tensor in tensors(of: try SafetensorsFile(checkpoint.optimizerPath))
            where tensor.name.hasPrefix(DataParallel.averagePrefix) {
                averages[String(tensor.name.dropFirst(DataParallel.averagePrefix.count))] = tensor
            }
            return model.map { tensor in
                averages[tensor.name].map { Tensor(name: tensor.name, file: $0.file, entry: $0.entry) }
                    ?? tensor
            }
        }
    }
}
