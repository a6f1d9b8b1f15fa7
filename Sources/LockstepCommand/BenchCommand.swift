import ArgumentParser

/// `lockstep bench`: measurements.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures training steps, and the exchange of gradients.",
        subcommands: [BenchStepCommand.self, BenchAllreduceCommand.self])
}
