import ArgumentParser
import LockstepExperiment

/// The run file of a measurement, with changes.
struct BenchRunFile: ParsableArguments {
    @Argument(help: "The run file (YAML).", completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Change a value of the run file, such as batch=64.", valueName: "key=value"))
    var overrides: [String] = []

    /// Reads the run file.
    /// - Parameter more: changes that are made after those of the user.
    func read(_ parts: ProgramParts, more: [String] = []) throws -> RunFile {
        try RunFile(path: file, overrides: overrides + more, registry: parts.registry)
    }
}
