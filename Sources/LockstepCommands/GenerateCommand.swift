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
            Writes the prompt and what follows it to the standard output, byte by byte as it comes. Equal seeds give equal \
            texts. The model sees at most as many of the last bytes as its context is long.

            Examples:

              lockstep generate runs/king-james-gpt-20260131-120000 --prompt "In the beginning"
              lockstep generate runs/king-james-gpt-20260131-120000 --temperature 0.8 --top-k 40 --seed 7
            """)

    @Argument(
        help:
            "The directory of a run, whose newest checkpoint is taken (with early_stopping.restore_best the best one), or of a checkpoint.",
        completion: .directory)
    var path: String

    @Flag(help: "Take the run's checkpoint with the best validation metric.")
    var best = false

    @Option(
        help: """
            The text to continue. Default: a line end; for a training text without lines a space, or else its smallest byte.
            """)
    var prompt: String?

    @Option(help: ArgumentHelp("The number of bytes to write.", valueName: "bytes"))
    var length = 500

    @Option(help: "Divisor of the logits: below 1 the text is more predictable, above 1 more varied.")
    var temperature = 1.0

    @Option(help: ArgumentHelp("Draw from this many of the likeliest bytes only.", valueName: "count"))
    var topK: Int?

    @Option(
        help: ArgumentHelp(
            "Draw from the likeliest bytes only that together have this probability.", valueName: "share"))
    var topP: Double?

    @Flag(help: "Always take the likeliest byte.")
    var greedy = false

    @Option(help: "The source of the draws.")
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp(
            "The run file, for a checkpoint that is no longer in its run's directory.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    func validate() throws {
        guard length >= 0 else { throw ValidationError("--length must be 0 or more; got \(length)") }
        do {
            try sampling.validate()
            if let prompt { try TokenPrompt.check(Array(prompt.utf8)) }
        } catch {
            throw ValidationError("\(error)")
        }
    }

    private var sampling: TokenSampling {
        TokenSampling(temperature: temperature, topK: topK, topP: topP, isGreedy: greedy, seed: seed)
    }

    func run(_ parts: ProgramParts) throws {
        try ErrorReport.whileRunning {
            let model = try LanguageModel(
                path: path, choice: best ? .best : .configured, configuration: config,
                registry: parts.registry,
                command: LoadingCommand(program: ProgramParts.programName, name: "generate"))
            for refusal in model.refusals { ErrorReport.write("warning: \(refusal)") }
            let output = StandardStream.output
            let bytes = prompt.map { Array($0.utf8) } ?? model.defaultPrompt
            var isFirst = true
            try model.generate(prompt: bytes, count: length, sampling: sampling) { byte in
                if isFirst { try output.write(bytes) }
                isFirst = false
                try output.write([byte])
            }
            try output.write("\n")
        }
    }
}
