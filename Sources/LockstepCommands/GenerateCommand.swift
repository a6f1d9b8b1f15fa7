import ArgumentParser
import Foundation
import LockstepInference
import LockstepProcess
import LockstepTraining

/// `lockstep generate`: a text from a language model.
struct GenerateCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Continues a text with a trained language model.",
        discussion: """
            Writes the prompt and what follows it to the standard output, token by token as it comes. Equal seeds give equal \
            texts. The model sees at most as many of the last tokens as its context is long. A token is a byte, or one of the tokens of the \
            tokenizer that the model was trained with; the checkpoint has it. A model of token files without a tokenizer continues \
            --prompt-tokens, and its tokens are written as ids. With --config, a run file can give it \
            data.tokens.tokenizer.

            Examples:

              lockstep generate runs/king-james-gpt-20260131-120000 --prompt "In the beginning"
              lockstep generate runs/king-james-gpt-20260131-120000 --temperature 0.8 --top-k 40 --seed 7
            """)

    @OptionGroup var checkpoint: CheckpointArguments

    @Option(
        help: """
            The text to continue. Default: a line end; for a training text without lines a space, or else its smallest byte.
            """)
    var prompt: String?

    @Option(
        help: ArgumentHelp(
            "The text to continue as token ids separated by commas, instead of --prompt.",
            valueName: "tokens"))
    var promptTokens: String?

    @Option(help: ArgumentHelp("The number of tokens to write.", valueName: "tokens"))
    var length = 500

    @Option(help: "Divisor of the logits: below 1 the text is more predictable, above 1 more varied.")
    var temperature = 1.0

    @Option(help: ArgumentHelp("Draw from this many of the likeliest tokens only.", valueName: "count"))
    var topK: Int?

    @Option(
        help: ArgumentHelp(
            "Draw from the likeliest tokens only that together have this probability.", valueName: "share"))
    var topP: Double?

    @Flag(help: "Always take the likeliest token.")
    var greedy = false

    @Option(help: "The source of the draws.")
    var seed: UInt64 = 1

    func validate() throws {
        guard length >= 0 else { throw ValidationError("--length must be 0 or more; got \(length)") }
        guard prompt == nil || promptTokens == nil else {
            throw ValidationError("--prompt and --prompt-tokens exclude each other; give one of them")
        }
        do {
            try sampling.validate()
            if let prompt { try TokenPrompt.check(prompt) }
            if let promptTokens { try TokenPrompt.check(TokenPrompt.tokens(promptTokens)) }
        } catch {
            throw ValidationError("\(error)")
        }
    }

    private func tokens(_ model: LanguageModel) throws -> [Int32] {
        if let promptTokens { return try TokenPrompt.tokens(promptTokens) }
        return try prompt.map { try model.tokens(of: $0) } ?? model.defaultPrompt()
    }

    private var sampling: TokenSampling {
        TokenSampling(temperature: temperature, topK: topK, topP: topP, isGreedy: greedy, seed: seed)
    }

    func run(_ parts: ProgramParts) throws {
        try ErrorReport.whileRunning {
            let model = try LanguageModel(
                path: checkpoint.path, choice: checkpoint.choice, configuration: checkpoint.config,
                registry: parts.registry,
                command: LoadingCommand(program: ProgramParts.programName, name: "generate"))
            CheckpointArguments.warn(of: model.refusals)
            let output = StandardStream.output
            let prompt = try tokens(model)
            var text = TokenText(model.tokenizer)
            var isFirst = true
            try model.generate(prompt: prompt, count: length, sampling: sampling) { token in
                if isFirst {
                    // A text is written unchanged: its tokens may stand for another one, such as with a space added.
                    if let given = self.prompt {
                        try output.write(given)
                    } else {
                        for token in prompt { try output.write(text.push(token)) }
                    }
                }
                isFirst = false
                try output.write(text.push(token))
            }
            try output.write(text.finish())
            try output.write("\n")
        }
    }
}
