import ArgumentParser

/// `lockstep bench`: measurements.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures training steps, the loading of data, the exchange of gradients, and checkpoints.",
        subcommands: [
            BenchStepCommand.self, BenchDataCommand.self, BenchAllreduceCommand.self,
            BenchCheckpointCommand.self, BenchScheduleCommand.self,
        ])
}
