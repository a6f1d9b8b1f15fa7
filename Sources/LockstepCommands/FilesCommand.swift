import ArgumentParser
import LockstepDatasets
import LockstepExperiment
import LockstepTraining

/// `lockstep files`: the data files that a run needs on every host.
struct FilesCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "files",
        abstract: "Prints the files of data that a run file needs, one a line.",
        discussion: """
            Every host of a run needs them at the same path; scripts/launch looks whether it has them. For example:

              rsync -a --files-from=<(lockstep files run.yaml) / node2:/
            """)

    @Argument(help: "The run file (YAML).", completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Change a value of the run file, such as the data.", valueName: "key=value"))
    var overrides: [String] = []

    func run(_ parts: ProgramParts) throws {
        let files = try ErrorReport.whileRunning {
            try RunFile(path: file, overrides: overrides, registry: parts.registry).configuration.data.files
        }
        try ErrorReport.print(files.map { $0 + "\n" }.joined())
    }
}
