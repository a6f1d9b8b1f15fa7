import ArgumentParser

/// The command `lockstep`.
@main
struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lockstep",
        abstract: "Trains neural networks on any number of MPI ranks, with the same bits.",
        discussion: """
            Started by itself it is one rank; scripts/launch (or mpirun) starts several:

              scripts/launch -n 2 train Examples/fashion-mlp.yaml
              lockstep inspect runs/fashion-mlp-20260131-120000

            It ends with status 0 when all went well, 64 when it was called wrongly, and 1 after any other error, which \
            one rank tells on the standard error output.
            """,
        version: "0.1.0",
        subcommands: [TrainCommand.self, InspectCommand.self])
}
