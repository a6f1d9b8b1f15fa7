import ArgumentParser
import Foundation
import LockstepConfiguration
import LockstepTraining

/// `lockstep keys`: the keys of a run file.
struct KeysCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Lists the keys of a run file: defaults, meanings, and what they may hold.",
        discussion: """
            A key that is 'required' has no default: where it is to have an effect it must be written. [] stands for a place in a \
            list. The run directory's config.yaml has the values of a run. On a terminal, lines are wrapped to its width, and a \
            long list is \
            shown by the program that PAGER names, or by less.

            Examples:

              lockstep keys
              lockstep keys optimizer.adam
              lockstep keys learning_rate
            """)

    @Argument(
        help:
            "List only this key and those below it, such as optimizer; or those with this name anywhere in their path, such as momentum."
    )
    var name: String?

    @Flag(help: "Print the reference page of all keys, docs/reference/keys.md.")
    var markdown = false

    func validate() throws {
        if markdown, name != nil { throw ValidationError("--markdown prints all keys; leave the name out.") }
    }

    func run(_ parts: ProgramParts) throws {
        let table = try ErrorReport.whileRunning {
            let reference = try ConfigurationReference.runFile(parts.registry)
            if markdown { return reference.markdown }
            let keys = try name.map { try reference.keys(under: $0) } ?? reference.keys
            guard let terminal = Pager.terminal else { return ConfigurationReference.table(keys) }
            return ConfigurationReference.table(keys, columns: terminal.columns)
        }
        try markdown ? ErrorReport.print(table) : Pager.show(table)
    }
}
