import ArgumentParser
import Foundation
import LockstepExperiment
import LockstepInference
import LockstepTraining

/// `lockstep inspect`: the contents of a checkpoint.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Shows a checkpoint: its step, tensors, shapes and configuration.",
        discussion: """
            Examples:

              lockstep inspect runs/fashion-mlp-20260131-120000
              lockstep inspect --verify runs/fashion-mlp-20260131-120000/checkpoints/latest
            """)

    @Argument(
        help: "The directory of a checkpoint, or of a run: then its newest checkpoint is shown.",
        completion: .directory)
    var path: String

    @Flag(
        help:
            """
            Check the size and checksum of every file; for a run directory, of every checkpoint. Lists all damaged files \
            and ends with status 1 if there are any.
            """
    )
    var verify = false

    func run() throws {
        let report = try ErrorReport.whileRunning { try CheckpointReport(path, verify: verify) }
        try ErrorReport.print(report.text)
        for damage in report.damages { ErrorReport.write(damage) }
        if !report.damages.isEmpty { throw ExitCode(ExitStatus.failure.rawValue) }
    }
}
