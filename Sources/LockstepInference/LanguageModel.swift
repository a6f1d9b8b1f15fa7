import LockstepAutograd
import LockstepCheckpoints
import LockstepContracts
import LockstepDatasets
import LockstepExperiment
import LockstepLayers
import LockstepOperations
import LockstepTasks
import LockstepTensors

/// A trained language model that continues texts. Needs the checkpoint and its configuration, not the data.
public final class LanguageModel {
    /// The checkpoint's directory.
    public let checkpoint: String
    /// Checkpoints that were passed over because they are damaged.
    public let refusals: [String]
    /// The number of tokens that the model sees at once.
    public let context: Int
    private let decoder: any TokenDecoder
    private let store = ParameterStore()
    /// The bytes that the training text has; empty when the checkpoint does not say.
    private let knownBytes: Set<UInt8>

    /// Loads a checkpoint.
    /// - Parameters:
    ///   - path: the directory of a checkpoint, or of a run.
    ///   - choice: which checkpoint of a run is taken.
    ///   - file: the run file; nil for the `config.yaml` of the run that the checkpoint lies in.
    ///   - registry: the components that the configuration can name.
    ///   - command: the command line, for the message about a run of another program.
    /// - Throws: what is wrong with checkpoint or configuration.
    public init(
        path: String, choice: CheckpointChoice = .configured, configuration file: String? = nil,
        registry: Registry = .standard, command: LoadingCommand = LoadingCommand(name: "generate")
    ) throws {
        let found = try CheckpointFinder.find(path, choice)
        checkpoint = found.checkpoint.directory
        refusals = found.refusals
        let file = try file ?? CheckpointFinder.configurationPath(of: checkpoint)
        let configuration = try command.loading(path, found.checkpoint) {
            try RunFile(path: file, overrides: CheckpointFinder.neutral, registry: registry).configuration
        }
        guard configuration.data.context != nil else {
            throw TrainingError.model(
                "\(checkpoint) is not of a language model: its model is \(configuration.model.name), its data are "
                    + "\(configuration.data.name). Only a model that was trained on a text can write one")
        }
        let state = try found.checkpoint.state()
        knownBytes = Set(try StateSections.using { try state.datasetConstants.trainingBytes() })
        try configuration.precision.requireProcessor()
        try ComputeThreads.begin(configuration.threads)
        guard let schema = try configuration.data.schema(of: state.datasetConstants) else {
            brokenContract("LanguageModel: a text without a schema")
        }
        let store = store
        let task = try command.loading(path, found.checkpoint) {
            let task = try TaskBuilder(configuration, model: nil).make(schema, store)
            store.allocate(precision: configuration.precision)
            try store.read(found.checkpoint, usesAverages: configuration.average != nil)
            return task
        }
        guard let task = task as? LanguageModeling else {
            throw TrainingError.model(
                "\(checkpoint) is not of a language model: its task is \(type(of: task)). Only a model that predicts "
                    + "the next byte can write a text")
        }
        context = task.context
        let precision = configuration.precision
        decoder =
            if let network = task.model as? any IncrementalModel {
                IncrementalDecoder(network, context: context, precision: precision)
            } else {
                WindowDecoder(task.model, context: context, precision: precision)
            }
    }

    /// The prompt of a text without one: a line end; a space if the training text has no lines; otherwise its smallest
    /// byte.
    public var defaultPrompt: [UInt8] {
        let candidates = [UInt8(ascii: "\n"), UInt8(ascii: " ")]
        guard !knownBytes.isEmpty else { return [candidates[0]] }
        return [candidates.first(where: knownBytes.contains) ?? knownBytes.min() ?? candidates[0]]
    }

    /// Continues a text.
    ///
    /// The model sees at most the last `context` tokens. An `IncrementalModel`, such as a GPT, reads each token once as
    /// long as the text fits into the context; beyond it the model sees between three quarters of the context and all
    /// of it.
    /// - Parameters:
    ///   - prompt: the tokens to begin with, at least one.
    ///   - count: how many tokens to write.
    ///   - write: gets each token as it is chosen.
    /// - Throws: `TrainingError` for an empty prompt, a token that is not in the vocabulary, or a model whose outputs are
    ///   not numbers; what `write` throws.
    public func generate(
        prompt: [UInt8], count: Int, sampling: TokenSampling, write: (UInt8) throws -> Void
    ) throws {
        try sampling.validate()
        try TokenPrompt.check(prompt)
        try TokenPrompt.check(prompt, known: knownBytes)
        var tokens = prompt.map(Int32.init)
        for number in 0..<count {
            let token = try sampling.choose(decoder.logits(after: tokens), number: number)
            tokens.append(Int32(token))
            try write(UInt8(token))
        }
    }
}

/// What a text that is to be continued has to be.
public enum TokenPrompt {
    /// A model can continue only what has begun.
    /// - Throws: `TrainingError.model` for an empty prompt.
    public static func check(_ prompt: [UInt8]) throws(TrainingError) {
        guard !prompt.isEmpty else {
            throw .model("the prompt is empty: a model continues a text; give --prompt at least one byte")
        }
    }

    /// Bytes that the training text does not have are outside of what the model has learned: their embeddings are noise.
    /// - Parameter known: the bytes that it has; empty when they are not known.
    package static func check(_ prompt: [UInt8], known: Set<UInt8>) throws(TrainingError) {
        guard !known.isEmpty, let place = prompt.firstIndex(where: { !known.contains($0) }) else { return }
        throw .model(
            "the prompt has byte \(prompt[place]) at place \(place), which is outside the model's vocabulary: the text that it "
                + "was trained on does not have it. Give --prompt only what stands in that text")
    }
}
