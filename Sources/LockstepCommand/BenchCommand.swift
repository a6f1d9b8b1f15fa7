import ArgumentParser

/// `lockstep bench`: measurements.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures training steps.",
        subcommands: [BenchStepCommand.self])
}
