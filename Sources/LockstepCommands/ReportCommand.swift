import ArgumentParser
import Foundation
import LockstepDatasets
import LockstepExperiment
import LockstepFaults
import LockstepInference
import LockstepReports
import LockstepRunLog
import LockstepTraining

/// `lockstep report`: which rank of a run failed, and where it was; or the whole run as a page.
struct ReportCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Names the ranks that ended a run, or that hang; or writes the run as a page.",
        discussion: """
            Every rank of a run leaves its heartbeat in the run directory, whatever ends it: its host and process, step, \
            phase, bucket, the time of its last heartbeat, and its last message. Where a watchdog has found ranks that hang, its \
            report is shown.

            With --html the whole run becomes one HTML page, which loads nothing from anywhere: curves, results, times of the \
            ranks, configuration, machine, faults and resumes; with --evaluation also the pictures of an evaluation \
            (see plot) of the test set, or of the validation set where the data have no test set, and \
            with --trace the time of each phase on each rank.

            Examples:

              lockstep report runs/fashion-mlp-20260131-120000
              lockstep report runs/first --json
              lockstep report runs/first --html first.html
            """)

    @Argument(help: "The directory of a run.", completion: .directory)
    var path: String

    @Flag(help: "Write JSON.")
    var json = false

    @Flag(
        help:
            "Leave out what the ranks of a job that has ended have already written, the report or their errors: for scripts/launch."
    )
    var untold = false

    @Option(
        help: ArgumentHelp("Write the run as a page to this file.", valueName: "file"),
        completion: .file(extensions: ["html"]))
    var html: String?

    @Flag(help: "With --html: evaluate the newest checkpoint, and show the evaluation.")
    var evaluation = false

    @Flag(help: "With --evaluation: take the run's checkpoint with the best validation metric.")
    var best = false

    @Option(
        help: ArgumentHelp(
            "With --html: show the time of each phase on each rank, from a trace of the run.",
            valueName: "file"),
        completion: .file(extensions: ["json"]))
    var trace: String?

    func validate() throws {
        if html == nil, evaluation || trace != nil {
            throw ValidationError("--evaluation and --trace go with --html")
        }
        if best, !evaluation { throw ValidationError("--best goes with --evaluation") }
        if html != nil, json || untold {
            throw ValidationError("--json and --untold do not go with --html")
        }
    }

    func run(_ parts: ProgramParts) throws {
        if let html { return try writePage(html, parts) }
        let report = try ErrorReport.whileRunning { try FaultReport(run: path, isOver: untold) }
        if untold, report.isPrinted == true { return }
        let text = json ? report.json : report.text(withErrors: !untold) + "\n"
        try ErrorReport.print(text)
    }

    private func writePage(_ file: String, _ parts: ProgramParts) throws {
        let (plot, phases) = try ErrorReport.whileRunning {
            try requireWritable(file, option: "--html")
            var plot = try RunPlot(directories: [path])
            plot.metrics = plot.metricNames.filter { $0 != "loss" } + plot.trainingNames
            return (plot, try trace.map { try TracePhases(path: $0) })
        }
        guard evaluation else {
            return try ErrorReport.whileRunning {
                let page = RunPage(RunFacts(directory: path), plot: plot, trace: phases)
                try replaceFile(file, with: page.html, option: "--html")
            }
        }
        RankProgram.run { communicator in
            let model = try TrainedModel(
                communicator: communicator, path: path, choice: best ? .best : .configured,
                model: parts.model,
                registry: parts.registry,
                command: LoadingCommand(program: ProgramParts.programName, name: "report"))
            let part = try model.defaultPictured()
            let predictions = try model.setPredictions(part)
            try communicator.together {
                guard communicator.rank == 0 else { return }
                let charts = EvaluationPlot(
                    predictions, set: part.rawValue, name: RunHistory.name(of: path))
                let page = RunPage(
                    RunFacts(directory: path), plot: plot, evaluation: charts, trace: phases)
                try replaceFile(file, with: page.html, option: "--html")
            }
        }
    }
}
