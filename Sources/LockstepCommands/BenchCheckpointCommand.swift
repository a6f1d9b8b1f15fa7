import ArgumentParser
import Foundation
import LockstepBenchmarks
import LockstepExperiment
import LockstepOptimizers
import LockstepProcess
import LockstepTraining

/// `lockstep bench checkpoint`: how much checkpoints slow a run down.
struct BenchCheckpointCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Measures how long a checkpoint stops the steps, and how much it slows them down.",
        discussion: """
            Checkpoints are written as `lockstep train` does: all ranks of the first host stop to copy their slices of the state, \
            then a thread of rank 0 writes the copy while steps go on. Beside the stop stands the time that all ranks need for a \
            memcpy of as many bytes, in buffers whose pages are there already; beside the time that steps lose during the \
            write stands the processor time of the thread. The model is a multilayer perceptron, the optimizer Adam. Times of the \
            stop and the copy are those of the slowest rank.

            Examples:

              scripts/launch -n 2 bench checkpoint
              scripts/launch -n 2 bench checkpoint --directory /dev/shm/bench --json checkpoint.json
            """)

    @Option(help: ArgumentHelp("About how many parameters the model has.", valueName: "n"))
    var parameters = 100_000_000

    @Option(help: ArgumentHelp("The number of checkpoints.", valueName: "n"))
    var repetitions = 5

    @Option(help: ArgumentHelp("The number of steps before each.", valueName: "n"))
    var steps = 5

    @Option(
        help: ArgumentHelp(
            "Where checkpoints are written: a directory that is made, and removed at the end.",
            valueName: "directory"),
        completion: .directory)
    var directory = "bench-checkpoint"

    @Option(
        help: ArgumentHelp("Write everything measured to this file as JSON.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var json: String?

    func validate() throws {
        if parameters < 1000 || parameters > 10_000_000_000 {
            throw ValidationError("--parameters must be from 1000 to 10000000000; got \(parameters)")
        }
        try BenchLimits.require("repetitions", repetitions)
        try BenchLimits.require("steps", steps)
    }

    func run(_ parts: ProgramParts) throws {
        RankProgram.run { communicator in
            try communicator.together {
                if communicator.rank == 0, let json { try CheckpointTimes.requireWritable(json) }
            }
            let report = try CheckpointBenchmark(
                communicator: communicator,
                options: .init(
                    parameters: parameters, repetitions: repetitions, steps: steps, directory: directory)
            ).run()
            try communicator.together {
                guard communicator.rank == 0 else { return }
                if let json { try report.write(to: json) }
                if let refusal = report.refusal {
                    ErrorReport.write("warning: rank 0 copied alone: \(refusal)")
                }
            }
            if communicator.rank == 0 { try StandardStream.output.write(report.table) }
        }
    }
}
