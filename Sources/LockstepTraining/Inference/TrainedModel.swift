import Foundation
import LockstepAutograd
import LockstepCheckpoints
import LockstepCollectives
import LockstepDataParallel
import LockstepDatasets
import LockstepLayers
import LockstepModels
import LockstepOperations
import LockstepTensors

/// A network with the parameters of a checkpoint, and the data it is to be used on. Every rank has its own.
public final class TrainedModel {
    /// The checkpoint's directory.
    public let checkpoint: String
    /// The number of steps it was trained for.
    public let step: Int
    /// The configuration it was trained with, but for what was overridden.
    public let configuration: TrainingConfiguration
    /// The data. Inputs are normalised by the training split, which therefore has to be there, too.
    public let dataset: PreparedDataset
    /// Checkpoints that were passed over because they are damaged.
    public let refusals: [String]
    let communicator: Communicator
    let task: LearningTask
    let network: any Model
    private let store = ParameterStore()

    /// Loads a checkpoint and the data. Collective.
    /// - Parameters:
    ///   - path: the directory of a checkpoint, or of a run, whose newest undamaged one is then taken.
    ///   - configuration: the run file; nil for the `config.yaml` of the run that the checkpoint lies in.
    ///   - overrides: texts of the form `key.path=value`, such as other data.
    ///   - model: the model; nil for the one that the configuration names.
    /// - Throws: `AgreedFailure` with what is wrong with checkpoint, configuration or data.
    public init(
        communicator: Communicator, path: String, configuration file: String? = nil, overrides: [String] = [],
        model: ModelBuilder? = nil
    ) throws {
        self.communicator = communicator
        let found = try communicator.together {
            let found = try CheckpointFinder.find(path)
            let file = file ?? CheckpointFinder.configurationPath(of: found.checkpoint.directory)
            return (
                found.checkpoint, found.refusals,
                try RunFile(path: file, overrides: CheckpointFinder.neutral + overrides).configuration
            )
        }
        checkpoint = found.0.directory
        step = found.0.step
        refusals = found.1
        let configuration = found.2
        self.configuration = configuration
        ComputeThreads.set(configuration.threads)
        let dataset = try communicator.together { try PreparedDataset(configuration.data) }
        self.dataset = dataset
        let store = store
        (task, network) = try communicator.together {
            let task = try LearningTask(
                loss: configuration.loss, classes: dataset.classes, outputs: dataset.targetWidth,
                vocabulary: dataset.vocabulary)
            let network =
                try model?(store.root, dataset.sampleShape, task.outputs)
                ?? Self.network(configuration.model, store, dataset.modelInput, outputs: task.outputs)
            try configuration.precision.requireProcessor()
            store.allocate(precision: configuration.precision)
            try SafetensorsFile(found.0.modelPath).read(into: store.modelState.map(\.destination))
            store.refreshRounded()
            return (task, network)
        }
    }

    private static func network(
        _ configuration: ModelConfiguration, _ store: ParameterStore, _ input: ModelInput, outputs: Int
    ) throws -> any Model {
        try configuration.validate(input: input)
        return configuration.make(store.root, input: input, outputs: outputs)
    }

    /// A set of the data.
    ///
    /// - Throws: `AgreedFailure` when the data have no such set.
    func split(_ part: DatasetPart) throws -> EvaluationSplit {
        try communicator.together {
            guard dataset.count(part.part) > 0 else {
                throw TrainingError.model(
                    "the data have no \(part.rawValue) set; "
                        + (part == .validation
                            ? "give data.\(configuration.data.name).validation with --set"
                            : "choose another with --split, or give its files with --set"))
            }
            return EvaluationSplit(dataset, part.part, stride: configuration.evaluate.stride)
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
