import ArgumentParser
import Foundation
import LockstepExperiment
import LockstepProcess
import LockstepTraining

/// `lockstep evaluate`: the metrics of a checkpoint.
struct EvaluateCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Evaluates a checkpoint on the test set, or another.",
        discussion: """
            Loss and metrics, of a text perplexity and bits per byte; for a classification also those of each class, the \
            area under the ROC curve, and the confusion matrix. Every sample counts once, and the numbers are the same on \
            any number of ranks.

            A text is evaluated in windows of as many bytes as the model's context. With --stride they overlap: each window \
            moves on by so many bytes, and only the last so many predictions of it count (of the first window all), so that \
            every byte still counts once but has at least context - stride bytes before it. It takes context / stride \
            times as long.

            Examples:

              lockstep evaluate runs/fashion-mlp-20260131-120000
              lockstep evaluate runs/king-james --stride 32
              lockstep evaluate runs/first/checkpoints/step-00000200 --split validation --json metrics.json
              scripts/launch -n 2 evaluate runs/first --set data.fashion_mnist.directory=/data/fashion
            """)

    @OptionGroup var options: CheckpointOptions

    @Option(
        help: ArgumentHelp("Write loss and metrics to this file, too, as JSON.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var json: String?

    @Option(
        help: ArgumentHelp(
            "Of a text: how far each window moves on. Default: what the run file says, else the context.",
            valueName: "bytes"))
    var stride: Int?

    func run(_ parts: ProgramParts) throws {
        RankProgram.run { communicator in
            let model = try options.load(
                communicator, parts, command: "evaluate", more: stride.map { ["evaluate.stride=\($0)"] } ?? []
            )
            let part = options.split ?? model.defaultPart
            options.warnOfKeptTargets(part, parts, communicator)
            try options.warn(model, part, communicator)
            let report = try model.evaluate(part)
            try communicator.together {
                guard communicator.rank == 0 else { return }
                if let json { try report.write(to: json) }
            }
            if communicator.rank == 0 { try StandardStream.output.write(report.text) }
        }
    }
}
