import ArgumentParser
import LockstepExperiment
import LockstepInference
import LockstepProcess

/// Which checkpoint a command uses.
struct CheckpointArguments: ParsableArguments {
    @Argument(
        help:
            "The directory of a run, whose newest checkpoint is taken (with early_stopping.restore_best the best one), or of a checkpoint.",
        completion: .directory)
    var path: String

    @Flag(help: "Take the run's checkpoint with the best validation metric.")
    var best = false

    @Option(
        help: ArgumentHelp(
            "The run file, for a checkpoint that is no longer in its run's directory.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    /// Which checkpoint of a run is taken.
    var choice: CheckpointChoice { best ? .best : .configured }

    /// Warns of damaged checkpoints that were skipped.
    static func warn(of refusals: [String]) {
        for refusal in refusals { ErrorReport.write("warning: \(refusal)") }
    }
}
