import Foundation
import LockstepExperiment
import LockstepTraining

/// A program with custom components and all commands of `lockstep`: train, evaluate, predict, generate, export, inspect,
/// runs, diff, plot, watch, report, keys, files, describe, doctor and bench.
///
/// ```swift
/// LockstepProgram.main(.standard.adding(model: TwoTower.self))
/// ```
public enum LockstepProgram {
    /// Runs the command that the arguments name, and ends the process.
    /// - Parameters:
    ///   - arguments: those of the command line, without the program.
    ///   - registry: the components that run files can name.
    ///   - model: the model of every run; nil for the one that the run file names.
    ///   - observers: makes the observers of a training run, on each rank.
    public static func main(
        _ registry: Registry = .standard,
        arguments: [String] = Array(CommandLine.arguments.dropFirst()), model: ModelBuilder? = nil,
        observers: @escaping () -> [any TrainingObserver] = { [] }
    ) -> Never {
        RootCommand.main(arguments, ProgramParts(registry: registry, model: model, observers: observers))
    }
}

/// A training program with a custom model: the short form of `LockstepProgram` when only the model is custom.
///
/// ```swift
/// TrainingProgram.main { scope, inputShape, outputs in
///     Classifier(scope, inputs: inputShape.elementCount, classes: outputs)
/// }
/// ```
///
/// It takes the arguments of `lockstep train`; the word `train` may be left out: the run file (whose `model` is ignored),
/// `--set key=value`, `--run-dir directory`, `--resume`, ... Other commands, such as `evaluate`, use the model, too.
public enum TrainingProgram {
    /// Runs the command and ends the process: with the same statuses as `lockstep`.
    public static func main(
        _ arguments: [String] = Array(CommandLine.arguments.dropFirst()), model: @escaping ModelBuilder
    ) -> Never {
        let commands = RootCommand.commandNames + ["help", "--help", "-h", "--version"]
        let isCommand = arguments.first.map(commands.contains) ?? false
        LockstepProgram.main(arguments: isCommand ? arguments : ["train"] + arguments, model: model)
    }
}
