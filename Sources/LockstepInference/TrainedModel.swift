import Foundation
import LockstepAutograd
import LockstepCheckpoints
import LockstepCollectives
import LockstepDataParallel
import LockstepDatasets
import LockstepExperiment
import LockstepLayers
import LockstepModels
import LockstepOperations
import LockstepTasks
import LockstepTensors

/// A network with the parameters of a checkpoint, and the data it is to be used on. Every rank has its own.
///
/// Data are prepared by what the training split decided, which the checkpoint keeps: to evaluate or predict a test set takes
/// nothing but that. Older checkpoints do not keep it, and texts have no test set: there the training data are read.
public final class TrainedModel {
    /// The checkpoint's directory.
    public let checkpoint: String
    /// The number of steps it was trained for.
    public let step: Int
    /// The configuration it was trained with, but for what was overridden.
    public let configuration: TrainingConfiguration
    /// Checkpoints that were passed over because they are damaged.
    public let refusals: [String]
    let communicator: Communicator
    let task: LearningTask
    let network: any Model
    private let store = ParameterStore()
    /// What the training split decided; nil for texts and older checkpoints.
    private let constants: DataConstants?
    /// All data, and the test set alone, as soon as they are asked for.
    private var whole: PreparedDataset?
    private var testSet: PreparedDataset?

    /// Loads a checkpoint; data are read when they are asked for. Collective.
    /// - Parameters:
    ///   - path: the directory of a checkpoint, or of a run, whose newest undamaged one is then taken.
    ///   - configuration: the run file; nil for the `config.yaml` of the run that the checkpoint lies in.
    ///   - overrides: texts of the form `key.path=value`, such as other data.
    ///   - model: the model; nil for the one that the configuration names.
    ///   - registry: the components that the configuration can name.
    /// - Throws: `AgreedFailure` with what is wrong with checkpoint, configuration or data.
    public init(
        communicator: Communicator, path: String, configuration file: String? = nil, overrides: [String] = [],
        model: ModelBuilder? = nil, registry: Registry = .standard
    ) throws {
        self.communicator = communicator
        let found = try communicator.together {
            let found = try CheckpointFinder.find(path)
            let path = try file ?? CheckpointFinder.configurationPath(of: found.checkpoint.directory)
            return (
                found.checkpoint, found.refusals,
                try RunFile(
                    path: path, overrides: CheckpointFinder.neutral + overrides, registry: registry,
                    isForeign: file == nil
                ).configuration
            )
        }
        checkpoint = found.0.directory
        step = found.0.step
        refusals = found.1
        let configuration = found.2
        self.configuration = configuration
        try communicator.requireThreads(configuration.threads)
        let constants = try communicator.together { () -> DataConstants? in
            guard configuration.data.windows == nil, let constants = try found.0.state().dataConstants()
            else { return nil }
            if let reason = constants.inconsistency {
                throw CheckpointError.state(section: StateSections.dataConstants, reason: reason)
            }
            return constants
        }
        self.constants = constants
        let dataset = try communicator.together {
            // A checkpoint without this entry was trained on plainly rounded numbers.
            constants == nil
                ? try PreparedDataset(configuration.data, narrowing: DataNarrowing()) : nil
        }
        whole = dataset
        let store = store
        (task, network) = try communicator.together {
            let classes = if let constants { constants.classes } else { dataset?.classes }
            let task = try LearningTask(
                loss: configuration.loss, classes: classes,
                outputs: constants?.outputs ?? dataset?.targetWidth ?? 0, vocabulary: dataset?.vocabulary)
            let input = constants.map { .numbers($0.sampleShape) } ?? dataset?.modelInput ?? .numbers(Shape())
            let network =
                try model?(store.root, input.sampleShape, task.outputs)
                ?? Self.network(configuration.model, store, input, outputs: task.outputs)
            try configuration.precision.requireProcessor()
            store.allocate(precision: configuration.precision)
            try store.read(found.0)
            return (task, network)
        }
    }

    private static func network(
        _ configuration: any ModelComponent, _ store: ParameterStore, _ input: ModelInput, outputs: Int
    ) throws -> any Model {
        try configuration.validate(input: input)
        return configuration.make(store.root, input: input, outputs: outputs)
    }

    /// The data that have a set: the test set alone where that is enough.
    /// - Throws: what is wrong with the data.
    private func read(_ part: DatasetPart) throws -> PreparedDataset {
        if let whole { return whole }
        if part == .test, let constants {
            if let testSet { return testSet }
            testSet = try PreparedDataset(testOf: configuration.data, constants: constants)
            if let testSet { return testSet }
        }
        let dataset = try PreparedDataset(configuration.data, constants: constants)
        whole = dataset
        return dataset
    }

    /// A set of the data, and the data that it is of. Collective.
    ///
    /// - Throws: `AgreedFailure` when the data cannot be read, or have no such set.
    func split(_ part: DatasetPart) throws -> (split: EvaluationSplit, dataset: PreparedDataset) {
        try communicator.together {
            let dataset = try read(part)
            guard dataset.count(part.part) > 0 else {
                throw TrainingError.model(
                    "the data have no \(part.rawValue) set; "
                        + (part == .validation
                            ? "give data.\(configuration.data.name).validation with --set"
                            : "choose another with --split, or give its files with --set, such as data.csv.test=FILE")
                )
            }
            return (EvaluationSplit(dataset, part.part, stride: configuration.evaluate.stride), dataset)
        }
    }
}

/// A set of the data, as a user names it.
public enum DatasetPart: String, Sendable, CaseIterable {
    /// What the network learned from, without the validation split.
    case training
    /// What was held back of the training data.
    case validation
    /// What had no part in training.
    case test

    var part: PreparedDataset.Part {
        switch self {
        case .training: .training
        case .validation: .validation
        case .test: .test
        }
    }
}
