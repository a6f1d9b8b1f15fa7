import Foundation
import LockstepAutograd
import LockstepCheckpoints
import LockstepCollectives
import LockstepDatasets
import LockstepExperiment
import LockstepOperations
import LockstepTasks
import LockstepTensors

/// A task with the parameters of a checkpoint, and the data it is to be used on. Every rank has its own.
///
/// Data are prepared by what the training split decided, which the checkpoint keeps: to evaluate or predict a test set takes
/// nothing but that. Older checkpoints do not keep it: then the training data are read.
public final class TrainedModel {
    /// The checkpoint's directory.
    public let checkpoint: String
    /// The number of steps it was trained for.
    public let step: Int
    /// The configuration it was trained with, but for what was overridden.
    public let configuration: TrainingConfiguration
    /// Checkpoints that were passed over because they are damaged.
    public let refusals: [String]
    /// The task with its networks.
    public let task: any LearningTask
    let communicator: Communicator
    private let store = ParameterStore()
    /// What the training split decided.
    let constants: DatasetConstants
    /// The fields of the data.
    let schema: BatchSchema
    /// All data, and the test set alone, as soon as they are asked for.
    private var whole: (any Dataset)?
    private var testSet: (any Dataset)?

    /// Loads a checkpoint; data are read when they are asked for. Collective.
    /// - Parameters:
    ///   - path: the directory of a checkpoint, or of a run.
    ///   - choice: which checkpoint of a run is taken.
    ///   - file: the run file; nil for the `config.yaml` of the run that the checkpoint lies in.
    ///   - overrides: texts of the form `key.path=value`, such as other data.
    ///   - model: the model of a program; nil for the one that the configuration names.
    ///   - registry: the components that the configuration can name.
    ///   - command: what loads it, for messages.
    /// - Throws: `AgreedFailure` with what is wrong with checkpoint, configuration or data.
    public init(
        communicator: Communicator, path: String, choice: CheckpointChoice = .configured,
        configuration file: String? = nil, overrides: [String] = [],
        model: ModelBuilder? = nil, registry: Registry = .standard, command: LoadingCommand = LoadingCommand()
    ) throws {
        self.communicator = communicator
        let name = path
        let found = try communicator.together {
            let found = try CheckpointFinder.find(path, choice)
            let path = try file ?? CheckpointFinder.configurationPath(of: found.checkpoint.directory)
            return (
                found.checkpoint, found.refusals,
                try command.loading(name, found.checkpoint) {
                    try RunFile(
                        path: path, overrides: CheckpointFinder.neutral + overrides, registry: registry,
                        isForeign: file == nil
                    ).configuration
                }
            )
        }
        checkpoint = found.0.directory
        step = found.0.step
        refusals = found.1
        let configuration = found.2
        self.configuration = configuration
        try communicator.requireThreads(configuration.threads)
        let constants = try communicator.together { try found.0.state().datasetConstants }
        self.constants = constants
        let (schema, dataset) = try communicator.together { () -> (BatchSchema, (any Dataset)?) in
            try StateSections.using {
                if let schema = try configuration.data.schema(of: constants) { return (schema, nil) }
                let dataset = try configuration.data.open(
                    DatasetRequest(constants: constants, evaluationStride: configuration.evaluate.stride))
                return (dataset.schema, dataset)
            }
        }
        whole = dataset
        self.schema = schema
        let store = store
        task = try communicator.together {
            try command.loading(name, found.0) {
                let task = try TaskBuilder(configuration, model: model).make(schema, store)
                try configuration.precision.requireProcessor()
                store.allocate(precision: configuration.precision)
                try store.read(found.0, usesAverages: configuration.average != nil)
                return task
            }
        }
    }

    /// The data that have a set: the test set alone where that is enough.
    /// - Throws: what is wrong with the data.
    func read(_ part: DatasetPart) throws -> any Dataset {
        if let kept = whole ?? (part == .test ? testSet : nil) { return kept }
        let dataset = try StateSections.using {
            try configuration.data.open(
                DatasetRequest(
                    constants: constants, isTestOnly: part == .test,
                    evaluationStride: configuration.evaluate.stride))
        }
        if dataset.count(of: .training) == 0 { testSet = dataset } else { whole = dataset }
        return dataset
    }

    /// A set of the data, and the data that it is of. Collective.
    ///
    /// - Throws: `AgreedFailure` when the data cannot be read, or have no such set.
    func split(_ part: DatasetPart) throws -> (split: EvaluationSplit, dataset: any Dataset) {
        try communicator.together {
            let dataset = try read(part)
            guard dataset.count(of: part) > 0 else { throw TrainingError.model(absence(of: part, dataset)) }
            return (EvaluationSplit(dataset, part), dataset)
        }
    }
}

extension TrainedModel {
    /// What to do about a set that the data do not have.
    private func absence(of part: DatasetPart, _ dataset: any Dataset) -> String {
        let data = "data.\(configuration.data.name)"
        let advice =
            switch part {
            case .validation: "give \(data).validation with --set"
            case .test where dataset.count(of: .validation) > 0:
                "--split validation takes the samples held back for validation, or give the files of a test set with --set, under \(data)"
            default:
                "--split training takes the training samples, or give the files of a test set with --set, under \(data)"
            }
        return "the data have no \(part.rawValue) set; \(advice)"
    }
}

/// A set of the data, as a user names it.
public typealias DatasetPart = DatasetSplit
