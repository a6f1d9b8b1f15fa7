import ArgumentParser
import LockstepDatasets
import LockstepExperiment
import LockstepInference
import LockstepReports
import LockstepRunLog
import LockstepTraining

/// `lockstep plot`: the curves of runs as a picture.
struct PlotCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "plot",
        abstract: "Draws the curves of runs, or an evaluation, as SVG or PNG.",
        discussion: """
            Losses and metrics of training and evaluation, learning rate, gradient norm and throughput, of several runs over \
            each other. A run may still be under way.

            With --evaluation, the newest checkpoint of one run is evaluated. The picture of a classifier has the confusion matrix, \
            ROC curves, precision over recall, and the calibration; of a multi-label classifier the curves of its most frequent \
            labels; of a \
            regression the predicted against the actual numbers, and the residuals.

            PNG needs the program rsvg-convert (Debian: librsvg2-bin).

            Examples:

              lockstep plot runs/first --output first.svg
              lockstep plot runs/first runs/second --over seconds --smooth 5 --output both.png
              lockstep plot runs/first --evaluation --split validation --output evaluation.svg
            """)

    @Argument(
        help: "Run directories; with --evaluation one run or one checkpoint.", completion: .directory)
    var runs: [String]

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The picture to write; its name ends in .svg or .png.", valueName: "file"),
        completion: .file(extensions: ["svg", "png"]))
    var output: String

    @Option(help: "What curves are drawn over: step, samples or seconds.")
    var over: RunHistory.Axis = .step

    @Option(
        help: ArgumentHelp(
            "Metrics to show besides the loss, separated by commas. Default: those that training logs, too, or the first.",
            valueName: "names"))
    var metrics: String?

    @Option(help: ArgumentHelp("Draw training values as means of this many records.", valueName: "count"))
    var smooth = 1

    @Flag(help: "Draw the evaluation of the newest checkpoint instead of the curves.")
    var evaluation = false

    @Flag(help: "With --evaluation: take the run's checkpoint with the best validation metric.")
    var best = false

    @Option(
        help:
            "With --evaluation: the set, test, validation or training. Default: test, or validation where the data have no test set."
    )
    var split: DatasetPart?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "With --evaluation: change a value of the configuration, such as the data.",
            valueName: "key=value"))
    var overrides: [String] = []

    func validate() throws {
        if smooth < 1 { throw ValidationError("--smooth must be at least 1; got \(smooth)") }
        if evaluation, runs.count > 1 {
            throw ValidationError("--evaluation shows one run; got \(runs.count)")
        }
        if !evaluation, best || split != nil || !overrides.isEmpty {
            throw ValidationError("--best, --split and --set go with --evaluation")
        }
    }

    func run(_ parts: ProgramParts) throws {
        let file = try ErrorReport.whileRunning {
            let file = try PictureFile(output)
            try file.requireWritable()
            return file
        }
        guard !evaluation else { return try evaluate(into: file, parts) }
        try ErrorReport.whileRunning {
            var plot = try RunPlot(directories: runs)
            plot.axis = over
            plot.smoothing = smooth
            if let metrics {
                let names = metrics.split(separator: ",").map(String.init)
                let known = plot.metricNames
                if let unknown = names.first(where: { !known.contains($0) }) {
                    throw ReportError(
                        "--metrics \(unknown): no such metric was evaluated; there are \(known.joined(separator: ", "))"
                    )
                }
                plot.metrics = names
            }
            try file.write(plot.figure.drawing)
        }
    }

    private func evaluate(into file: PictureFile, _ parts: ProgramParts) throws {
        RankProgram.run { communicator in
            let model = try TrainedModel(
                communicator: communicator, path: runs[0], choice: best ? .best : .configured,
                overrides: overrides, model: parts.model, registry: parts.registry,
                command: LoadingCommand(program: ProgramParts.programName, name: "plot"))
            let part = try split ?? model.defaultPictured()
            let predictions = try model.setPredictions(part)
            try communicator.together {
                guard communicator.rank == 0 else { return }
                let name = RunHistory.name(of: runs[0])
                let plot = EvaluationPlot(predictions, set: part.rawValue, name: name)
                try file.write(plot.figure.drawing)
            }
        }
    }
}

extension RunHistory.Axis: ExpressibleByArgument {}
