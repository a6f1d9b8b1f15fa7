import ArgumentParser
import LockstepExperiment
import LockstepTraining

/// The parts that a program adds to the commands.
struct ProgramParts {
    /// The components that run files can name.
    var registry = Registry.standard
    /// The model of every run; nil for the one that the run file names.
    var model: ModelBuilder?
    /// Makes the observers of a training run.
    var observers: () -> [any TrainingObserver] = { [] }

    /// The name of the running program.
    static var programName: String { RankProgram.programName }
}

/// A command that uses the program's parts.
protocol ProgramCommand: ParsableCommand {
    /// Runs the command.
    func run(_ parts: ProgramParts) throws
}
