import ArgumentParser
import LockstepConfiguration
import LockstepTraining

/// A command line that names a command that does not exist.
enum UnknownCommand {
    /// What is wrong with such arguments, with the nearest command's name; nil when all commands that they name exist.
    static func message(_ arguments: some Sequence<String>, of root: any ParsableCommand.Type) -> String? {
        var command = root
        var path = root.configuration.commandName ?? ""
        for argument in arguments {
            let names = command.configuration.subcommands.compactMap { $0.configuration.commandName }
            guard !names.isEmpty, !argument.hasPrefix("-"), argument != "help" else { return nil }
            guard
                let next = command.configuration.subcommands.first(where: {
                    $0.configuration.commandName == argument
                })
            else {
                let nearest =
                    argument.hasSuffix(".yaml") ? "train \(argument)" : NearestKey.find(argument, in: names)
                let hint = nearest.map { " Did you mean '\($0)'?" } ?? ""
                return "There is no command '\(path) \(argument)'.\(hint) '\(path) --help' lists all."
            }
            command = next
            path += " \(argument)"
        }
        return nil
    }
}
