import ArgumentParser
import Foundation
import LockstepExperiment
import LockstepTraining

/// `lockstep train`: trains what a run file describes.
struct TrainCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Trains what a run file describes.",
        discussion: """
            Examples:

              lockstep train Examples/fashion-mlp.yaml
              lockstep train Examples/fashion-mlp.yaml --set epochs=1 --set optimizer.adam.learning_rate=0.01
              scripts/launch -n 2 train Examples/fashion-mlp.yaml --run-dir runs/first
              scripts/launch -n 3 train Examples/fashion-mlp.yaml --run-dir runs/first --resume
              scripts/launch -n 2 train Examples/fashion-mlp.yaml --from runs/first --set batch=64

            `lockstep keys` lists what a run file can say.

            On a terminal one line shows the progress; in a pipe or a file there is at most one line a second. metrics.jsonl has \
            every step that \
            log_every_steps names, whatever is shown. NO_COLOR=1 turns colors off.

            TERM, INT and USR1 make all ranks write a checkpoint after the step they are in, and end. An evaluation is interrupted, and \
            done by --resume. While data are prepared there is nothing to keep: the command ends with 128 + the signal's number.

            A rank that makes no progress for --timeout seconds while others wait for it ends the job, with a report that \
            names it; so does a rank or host that cannot be reached. `lockstep report` shows afterwards which rank failed.

            Exit status: 0 after all steps, and after a signal; 2 for a mistake in options, run file or data, found before \
            training began; 75 for a fault of the running job that --resume may get over; 1 for any other error.
            """)

    @Argument(help: "The run file (YAML).", completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Change a value of the run file, such as epochs=1.", valueName: "key=value"))
    var overrides: [String] = []

    @Option(
        help: ArgumentHelp(
            "The run directory. Default: runs/<run file's name>-<time>.", valueName: "directory"))
    var runDir: String?

    @Option(
        help: ArgumentHelp(
            "Start from the weights of another run, of a checkpoint, or of a safetensors file; short for --set initialize.from=PATH.",
            valueName: "path"),
        completion: .file())
    var from: String?

    @Flag(help: "Continue from the newest checkpoint of --run-dir, or of the newest run of this run file.")
    var resume = false

    @Option(
        help: ArgumentHelp(
            "Give the run a tag, which `lockstep runs` shows; several by several options. With --resume they are added.",
            valueName: "name"))
    var tag: [String] = []

    @Option(
        help: ArgumentHelp(
            "Stop after this step, as if interrupted; --resume continues.", valueName: "step"))
    var stopAfterStep: Int?

    @Option(
        help: ArgumentHelp(
            "Write a trace of ten steps of all ranks to this file, for chrome://tracing or ui.perfetto.dev.",
            valueName: "file"),
        completion: .file(extensions: ["json"]))
    var trace: String?

    @Option(
        help: ArgumentHelp(
            "End the job when a rank has made no progress for this long; 0 for never. Default: $LOCKSTEP_TIMEOUT, or 600.",
            valueName: "seconds"))
    var timeout: Double?

    @Flag(name: .shortAndLong, help: "Show warnings and errors only.")
    var quiet = false

    @Flag(
        name: .shortAndLong,
        help:
            """
            Show a line for every step that is in metrics.jsonl (log_every_steps) instead of a progress bar or a line a \
            second, and all metrics of evaluations.
            """
    )
    var verbose = false

    @Option(
        help: ArgumentHelp(
            "Where no progress bar can be drawn, and in train.log: the shortest time between two lines of progress.",
            valueName: "seconds"))
    var progressInterval = 1.0

    func validate() throws {
        if quiet, verbose { throw ValidationError("--quiet and --verbose exclude each other") }
        guard progressInterval >= 0, progressInterval.isFinite else {
            throw ValidationError(
                "--progress-interval must be a number of seconds, 0 or more; got \(progressInterval)")
        }
        if let timeout, !(timeout >= 0 && timeout.isFinite) {
            throw ValidationError("--timeout must be a number of seconds, 0 for none; got \(timeout)")
        }
        if from != nil, resume {
            throw ValidationError(
                "--from starts a new run from the weights of another one, and --resume continues a run with its own; leave one of them out"
            )
        }
        do { try RunTags.check(tag) } catch { throw ValidationError("\(error)") }
        if let stopAfterStep, stopAfterStep < 1 {
            throw ValidationError("--stop-after-step must be at least 1; got \(stopAfterStep)")
        }
    }

    /// `--from` as a change of the run file.
    private var origin: [String] {
        guard let from else { return [] }
        let quoted = from.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
        return ["initialize.from=\"\(quoted)\""]
    }

    func run(_ parts: ProgramParts) throws {
        RankProgram.run(statusOfFailure: .mistake) { communicator in
            let runFile = try communicator.together {
                try RunFile(path: file, overrides: overrides + origin, registry: parts.registry)
            }
            let recipe = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
            let options = TrainingRun.Options(
                runDirectory: runDir, resume: resume, limits: .init(stopAfterStep: stopAfterStep),
                trace: trace, timeout: timeout,
                program: ProgramParts.programName == "lockstep" ? nil : ProgramParts.programName,
                tags: tag,
                output: .init(quiet ? .quiet : verbose ? .verbose : .normal, interval: progressInterval),
                arguments: ["train", file] + overrides.flatMap { ["--set", $0] })
            _ = try TrainingRun(
                communicator: communicator, runFile: runFile, recipe: recipe, options: options,
                model: parts.model, observers: parts.observers()
            ).runAsProgram()
        }
    }
}
