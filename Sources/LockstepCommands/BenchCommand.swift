import ArgumentParser

/// `lockstep bench`: measurements.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures training steps, the exchange of gradients, and checkpoints.",
        subcommands: [BenchStepCommand.self, BenchAllreduceCommand.self, BenchCheckpointCommand.self])
}
