import ArgumentParser
import LockstepTraining

/// `lockstep runs`: the runs in a directory.
struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "Lists runs: status, best metric, steps, age, size, tags.",
        discussion: """
            A run is running, finished (all steps are done, or early stopping ended it), stopped (by a signal, a time limit or \
            --stop-after-step) or failed. The metric is the watched one of early_stopping, else the validation loss; its best value is \
            that of the last end, or of the newest checkpoint. The age is the time since the last line of the run's log. \
            The run that was written to last stands at the end.

            Examples:

              lockstep runs
              lockstep runs experiments/first experiments/second
              lockstep runs --tag baseline
            """)

    @Argument(help: "Directories of runs, or with runs in them. Default: runs.", completion: .directory)
    var directories: [String] = []

    @Option(help: ArgumentHelp("List only runs with this tag (train --tag).", valueName: "name"))
    var tag: String?

    func run() throws {
        let places = directories.isEmpty ? ["runs"] : directories
        let list = try ErrorReport.whileRunning { try RunList(places, tag: tag) }
        try ErrorReport.print(
            list.runs.isEmpty
                ? "No runs\(tag.map { " with the tag \($0)" } ?? "") in \(places.joined(separator: ", ")).\n"
                : list.table())
    }
}
