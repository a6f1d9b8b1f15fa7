import ArgumentParser
import Foundation
import LockstepBenchmarks
import LockstepExperiment
import LockstepProcess
import LockstepTraining

/// `lockstep bench step`: how long the training steps of a run file take, by phase.
struct BenchStepCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "step",
        abstract: "Measures the training steps of a run file.",
        discussion: """
            The steps are those of `lockstep train`, without run directory, log, evaluation and checkpoints. Times are split \
            into load (waiting for the loader), forward, backward, reduce (additions of gradients), wait (for other ranks) \
            and update; each is the mean over the ranks.

            With --wait another program says when: after the warm-up rank 0 prints a line of JSON, \
            {"ready":true,...}; then every line that it reads from the standard input starts a repetition, and a line of \
            JSON gives the result. All ranks sleep in between. The end of the input ends the program. With \
            several ranks start it with scripts/launch --stdin, which hands the standard input to rank 0.

            With --roofline every operation of rank 0 is measured against its floor: its products at the peak of large matrix \
            products, or the bytes that it must move at the bandwidth of the cache that they fit, whichever takes longer.

            Examples:

              lockstep bench step Examples/fashion-mlp.yaml
              lockstep bench step Examples/fashion-mlp.yaml --roofline
              scripts/launch -n 2 bench step Examples/fashion-mlp.yaml --set shards=2 --json step.json
              scripts/launch -n 2 bench step Examples/fashion-mlp.yaml --set shards=2 --no-communication
            """)

    @OptionGroup var source: BenchRunFile

    @Option(help: ArgumentHelp("The number of steps of a repetition.", valueName: "n"))
    var steps = 20

    @Option(help: ArgumentHelp("The number of steps before the first repetition.", valueName: "n"))
    var warmup = 10

    @Option(help: ArgumentHelp("The number of repetitions.", valueName: "n"))
    var repetitions = 5

    @Flag(help: "Wait for a line of the standard input before each repetition; see above.")
    var wait = false

    @Flag(
        name: .customLong("no-communication"),
        help: """
            Let every rank train its shards alone, and update its slice of the parameters: what the machine could do at \
            best.
            """)
    var isAlone = false

    @Option(
        help: ArgumentHelp("Write everything measured to this file as JSON.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var json: String?

    @Option(
        help: ArgumentHelp(
            "Write a trace of ten steps of all ranks to this file, for chrome://tracing or ui.perfetto.dev.",
            valueName: "file"),
        completion: .file(extensions: ["json"]))
    var trace: String?

    @Flag(
        help:
            "Measure every operation against its floor, and say which one to look at next; one thread per rank."
    )
    var roofline = false

    func validate() throws {
        if roofline, wait { throw ValidationError("--roofline and --wait exclude each other") }
        try BenchLimits.require("steps", steps)
        try BenchLimits.require("repetitions", repetitions)
        try BenchLimits.require("warmup", warmup, from: 0)
    }

    func run(_ parts: ProgramParts) throws {
        RankProgram.run { communicator in
            let runFile = try communicator.together {
                let runFile = try source.read(parts)
                if roofline, runFile.configuration.threads != 1 {
                    throw RunFailure(
                        error: ValidationError(
                            "--roofline measures ranks of one thread, and the run file has threads: "
                                + "\(runFile.configuration.threads). Set threads=1, with more ranks instead."),
                        status: .mistake)
                }
                return runFile
            }
            let benchmark = try StepBenchmark(
                communicator: communicator, runFile: runFile,
                options: .init(
                    steps: steps, warmup: warmup, repetitions: repetitions, communicates: !isAlone,
                    trace: trace, json: json, roofline: roofline))
            let report = try benchmark.run(driver: wait ? driver : nil)
            try communicator.together {
                guard communicator.rank == 0 else { return }
                if let warning = report.warning { ErrorReport.write("warning: \(warning)") }
                if let json { try report.write(to: json) }
            }
            if communicator.rank == 0, !wait { try StandardStream.output.write(report.table) }
        }
    }

    private var driver: StepBenchmark.Driver {
        .init(send: say, mayContinue: { readLine(strippingNewline: true) != nil })
    }

    private func say(_ text: String) throws { try StandardStream.output.write(text) }
}
