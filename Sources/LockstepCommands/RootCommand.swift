import ArgumentParser
import Foundation
import LockstepExperiment
import LockstepProcess
import LockstepTraining

/// The command `lockstep`.
struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: ProgramParts.programName,
        abstract: "Trains neural networks on any number of MPI ranks, with the same bits.",
        discussion: """
            Started by itself it is one rank; scripts/launch (or mpirun) starts several:

              scripts/launch -n 2 train Examples/fashion-mlp.yaml
              lockstep evaluate runs/fashion-mlp-20260131-120000
              lockstep predict runs/fashion-mlp-20260131-120000 --output predictions.csv
              lockstep inspect runs/fashion-mlp-20260131-120000
              lockstep doctor --hosts node1:4,node2:4

            It ends with status 0 when all went well, 2 for a mistake in options, run file, data or the place of a checkpoint, \
            75 where the system fails (communication, a full disk), and 1 after any other error, such as a damaged checkpoint. One rank \
            writes the error to standard error; `lockstep train --help` has what it adds.
            """,
        version: "\(Versions.lockstep) (\(Versions.buildDescription))",
        subcommands: [
            TrainCommand.self, EvaluateCommand.self, PredictCommand.self, GenerateCommand.self,
            ExportCommand.self,
            InspectCommand.self, RunsCommand.self, DiffCommand.self, PlotCommand.self, WatchCommand.self,
            ReportCommand.self, KeysCommand.self, FilesCommand.self, DescribeCommand.self, DoctorCommand.self,
            BenchCommand.self,
        ])

    /// The names of the commands.
    static var commandNames: [String] {
        configuration.subcommands.compactMap { $0.configuration.commandName }
    }

    /// Runs the command that the arguments name and ends the process; a mistake in them ends it with status 2.
    static func main(_ arguments: [String], _ parts: ProgramParts) -> Never {
        if let mistake = ArgumentEncoding.mistake {
            ErrorReport.write(mistake)
            Foundation.exit(ExitStatus.mistake.rawValue)
        }
        do {
            var command = try parseAsRoot(arguments)
            if let command = command as? any ProgramCommand {
                try command.run(parts)
            } else {
                try command.run()
            }
            Foundation.exit(ExitStatus.success.rawValue)
        } catch {
            end(for: error, arguments)
        }
    }

    /// Ends with the status and the message of an error of the parser or of a command.
    private static func end(for error: any Error, _ arguments: [String]) -> Never {
        let code = exitCode(for: error)
        let text = fullMessage(for: error)
        if code == .validationFailure {
            // All mistakes are reported in the same form.
            let parser = text.trimmingPrefix("Error: ")
            ErrorReport.write(
                UnknownCommand.message(arguments, of: RootCommand.self)
                    ?? UnknownOption.message(String(parser), arguments) ?? String(parser))
            Foundation.exit(ExitStatus.mistake.rawValue)
        }
        guard !text.isEmpty else { Foundation.exit(code.rawValue) }
        guard code.isSuccess else {
            StandardStream.errors.writeIfPossible("\(text)\n")
            Foundation.exit(code.rawValue)
        }
        // The requested text, such as that of --help or --version.
        do {
            try ErrorReport.print("\(text)\n")
            Foundation.exit(ExitStatus.success.rawValue)
        } catch {
            Foundation.exit(ExitStatus.fault.rawValue)
        }
    }
}
