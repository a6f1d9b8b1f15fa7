import Foundation
import LockstepCollectives
import LockstepExperiment
import LockstepProcess

/// A training program with a model of its own: the whole `main` of such a program.
///
/// ```swift
/// TrainingProgram.main { scope, inputShape, outputs in
///     Classifier(scope, inputs: inputShape.elementCount, classes: outputs)
/// }
/// ```
///
/// It takes the arguments of `lockstep train`: the run file (whose `model` is not looked at), `--set key=value`,
/// `--run-dir directory`, `--resume`, `--stop-after-step step`, `--timeout seconds`. It runs on one rank, or under mpirun on several.
public enum TrainingProgram {
    /// Trains and ends the process: with the same statuses as `lockstep train`.
    public static func main(
        _ arguments: [String] = Array(CommandLine.arguments.dropFirst()), model: @escaping ModelBuilder
    ) -> Never {
        let parsed: ProgramArguments
        if let mistake = ArgumentEncoding.mistake {
            RankProgram.tell(mistake)
            exit(ExitStatus.mistake.rawValue)
        }
        do {
            parsed = try ProgramArguments(arguments)
        } catch {
            RankProgram.tell("\(error)")
            exit(ExitStatus.mistake.rawValue)
        }
        RankProgram.run(statusOfFailure: .mistake) { communicator in
            let runFile = try communicator.together {
                try RunFile(path: parsed.runFile, overrides: parsed.overrides)
            }
            let recipe = URL(fileURLWithPath: parsed.runFile).deletingPathExtension().lastPathComponent
            _ = try TrainingRun(
                communicator: communicator, runFile: runFile, recipe: recipe, options: parsed.options,
                model: model
            ).runAsProgram()
        }
    }
}

/// The arguments of a training program.
struct ProgramArguments {
    /// A mistake in the arguments.
    struct Mistake: Error, CustomStringConvertible {
        var problem: String
        var description: String {
            "\(problem)\nusage: RUN-FILE [--set KEY=VALUE]... [--run-dir DIRECTORY] [--resume] [--stop-after-step STEP] [--timeout SECONDS]"
        }
    }

    var runFile = ""
    var overrides: [String] = []
    var options = TrainingRun.Options()

    init(_ arguments: [String]) throws(Mistake) {
        var rest = arguments[...]
        func value(of option: String) throws(Mistake) -> String {
            guard let value = rest.popFirst() else { throw Mistake(problem: "\(option) needs a value.") }
            return value
        }
        while let argument = rest.popFirst() {
            switch argument {
            case "--set": overrides.append(try value(of: argument))
            case "--run-dir": options.runDirectory = try value(of: argument)
            case "--resume": options.resume = true
            case "--stop-after-step":
                let text = try value(of: argument)
                guard let step = Int(text), step > 0 else {
                    throw Mistake(problem: "--stop-after-step needs a step from 1 on; got '\(text)'.")
                }
                options.limits.stopAfterStep = step
            case "--timeout":
                let text = try value(of: argument)
                guard let timeout = Double(text), timeout >= 0, timeout.isFinite else {
                    throw Mistake(problem: "--timeout needs a number of seconds, 0 for none; got '\(text)'.")
                }
                options.timeout = timeout
            case _ where argument.hasPrefix("-"):
                let hint = RunFileOption.hint(String(argument.prefix { $0 != "=" }), arguments).map {
                    " \($0)"
                }
                throw Mistake(problem: "Unknown option '\(argument)'.\(hint ?? "")")
            default:
                guard runFile.isEmpty else {
                    throw Mistake(problem: "Two run files: \(runFile) and \(argument).")
                }
                runFile = argument
            }
        }
        guard !runFile.isEmpty else { throw Mistake(problem: "Which run file?") }
    }
}
