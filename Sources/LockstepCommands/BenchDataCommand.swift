import ArgumentParser
import LockstepBenchmarks
import LockstepExperiment
import LockstepProcess
import LockstepTraining

/// `lockstep bench data`: how fast the loader prepares the batches of a run file.
struct BenchDataCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract: "Measures how fast the data of a run file are read.",
        discussion: """
            One rank prepares training batches as `lockstep train` does, on as many threads as the key loader_threads says: files \
            are read and decoded, and changed at random. Nothing is trained. If this is slower than the steps of \
            `lockstep bench step`, more loader threads or smaller images help.

            Example:

              lockstep bench data Examples/image-folder.yaml --set loader_threads=2
            """)

    @OptionGroup var source: BenchRunFile

    @Option(help: ArgumentHelp("The number of batches of a repetition.", valueName: "n"))
    var steps = 10

    @Option(help: ArgumentHelp("The number of batches before the first repetition.", valueName: "n"))
    var warmup = 3

    @Option(help: ArgumentHelp("The number of repetitions.", valueName: "n"))
    var repetitions = 5

    @Flag(name: .customLong("json"), help: "Print one line of JSON instead of the table.")
    var isJSON = false

    func validate() throws {
        try BenchLimits.require("steps", steps)
        try BenchLimits.require("repetitions", repetitions)
        try BenchLimits.require("warmup", warmup, from: 0)
    }

    func run(_ parts: ProgramParts) throws {
        RankProgram.run { communicator in
            let report = try communicator.together { () -> DataBenchmark.Report? in
                guard communicator.rank == 0 else { return nil }
                return try DataBenchmark(runFile: source.read(parts)).run(
                    steps: steps, warmup: warmup, repetitions: repetitions)
            }
            if let report { try StandardStream.output.write((isJSON ? report.json : report.table) + "\n") }
        }
    }
}
