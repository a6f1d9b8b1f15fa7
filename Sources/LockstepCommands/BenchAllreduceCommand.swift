import ArgumentParser
import Foundation
import LockstepBenchmarks
import LockstepExperiment
import LockstepProcess
import LockstepTraining

/// `lockstep bench allreduce`: the exchange of gradients, beside `MPI_Allreduce` and beside a copy.
struct BenchAllreduceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "allreduce",
        abstract: "Measures the exchange of gradients for sizes from 4 bytes to 64 MiB.",
        discussion: """
            Three take turns: the exchange as the trainer does it (with the squares that clipping by norm asks for), \
            MPI_Allreduce of floats in place, and a memcpy of as many bytes by all ranks at once. Before each, every rank writes \
            its buffer (hot), or also touches twice as much memory as the last cache holds (off-cache). Up to 64 bytes \
            what is exchanged are a step's records. Times are those of the slowest rank; algbw is size by time, busbw \
            algbw x 2 (n - 1) / n.

            Examples:

              scripts/launch -n 2 bench allreduce
              scripts/launch -n 4 bench allreduce --smallest 4194304 --largest 4194304 --json allreduce.json
            """)

    @Option(help: ArgumentHelp("The smallest size, a multiple of 4.", valueName: "bytes"))
    var smallest = 4

    @Option(help: ArgumentHelp("The largest size.", valueName: "bytes"))
    var largest = 64 << 20

    @Option(help: ArgumentHelp("How many times larger each size is than the one before.", valueName: "n"))
    var factor = 4

    @Option(help: ArgumentHelp("The number of repetitions of each size.", valueName: "n"))
    var repetitions = 30

    @Flag(help: "Do not share memory: all bytes travel by messages, as between hosts.")
    var messages = false

    @Option(
        help: ArgumentHelp("Write everything measured to this file as JSON.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var json: String?

    func validate() throws {
        if smallest < 4 || smallest % 4 != 0 {
            throw ValidationError("--smallest must be a multiple of 4, from 4 on; got \(smallest)")
        }
        if largest < smallest || largest > 1 << 30 {
            throw ValidationError(
                "--largest must be from --smallest (\(smallest)) to \(1 << 30); got \(largest)")
        }
        try BenchLimits.require("factor", factor, from: 2)
        try BenchLimits.require("repetitions", repetitions)
    }

    func run() throws {
        RankProgram.run { communicator in
            let benchmark = try communicator.together {
                if communicator.rank == 0, let json { try AllreduceReport.requireWritable(json) }
                return try AllreduceBenchmark(
                    communicator: communicator,
                    options: .init(
                        sizes: AllreduceBenchmark.Options.sizes(from: smallest, to: largest, factor: factor),
                        repetitions: repetitions, sharedMemory: messages ? .refused : .allowed))
            }
            let report = try benchmark.run()
            try communicator.together {
                guard communicator.rank == 0 else { return }
                if let json { try report.write(to: json) }
                if let refusal = report.refusal { ErrorReport.write(refusal) }
            }
            if communicator.rank == 0 { try StandardStream.output.write(report.table) }
        }
    }
}
