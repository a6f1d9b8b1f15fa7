import LockstepAutograd
import LockstepCheckpoints
import LockstepContracts
import LockstepDatasets
import LockstepExperiment
import LockstepLayers
import LockstepOperations
import LockstepTasks
import LockstepTensors
import LockstepTokens

/// A trained language model that continues texts. Needs the checkpoint and its configuration, not the data.
public final class LanguageModel {
    /// The checkpoint's directory.
    public let checkpoint: String
    /// Checkpoints that were passed over because they are damaged.
    public let refusals: [String]
    /// The number of tokens that the model sees at once.
    public let context: Int
    /// Converts texts to tokens and back; nil for a model of token files without a tokenizer.
    public let tokenizer: (any Tokenizer)?
    private let vocabulary: Int
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
        let constants = state.datasetConstants
        knownBytes = Set(try StateSections.using { try constants.trainingBytes() })
        try configuration.precision.requireProcessor()
        try ComputeThreads.begin(configuration.threads)
        guard let schema = try StateSections.using({ try configuration.data.schema(of: constants) }) else {
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
                    + "the next token can write a text")
        }
        (context, vocabulary) = (task.context, task.vocabulary)
        tokenizer = try StateSections.using {
            try configuration.data.tokenizer(of: constants, vocabulary: task.vocabulary)
        }
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
    /// - Throws: `TrainingError` for a model without a tokenizer.
    public func defaultPrompt() throws(TrainingError) -> [Int32] {
        let candidates = [UInt8(ascii: "\n"), UInt8(ascii: " ")]
        guard !knownBytes.isEmpty else { return try tokens(of: "\n") }
        return [Int32(candidates.first(where: knownBytes.contains) ?? knownBytes.min() ?? candidates[0])]
    }

    /// The tokens of a text.
    /// - Throws: `TrainingError` for a model without a tokenizer.
    public func tokens(of text: String) throws(TrainingError) -> [Int32] {
        guard let tokenizer else {
            throw .model(
                "\(checkpoint) was trained on token ids, and it has no tokenizer for texts: give ids as --prompt-tokens, or "
                    + "give with --config a run file with data.tokens.tokenizer")
        }
        return tokenizer.encode(Array(text.utf8))
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
        prompt: [Int32], count: Int, sampling: TokenSampling, write: (Int32) throws -> Void
    ) throws {
        try sampling.validate()
        try TokenPrompt.check(prompt)
        try TokenPrompt.check(prompt, vocabulary: vocabulary, known: knownBytes)
        var tokens = prompt
        for number in 0..<count {
            let token = try sampling.choose(decoder.logits(after: tokens), number: number)
            tokens.append(Int32(token))
            try write(Int32(token))
        }
    }
}
