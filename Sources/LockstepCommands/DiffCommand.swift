import ArgumentParser
import LockstepTraining

/// `lockstep diff`: two runs side by side.
struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compares two runs: settings that differ, and final figures side by side.",
        discussion: """
            Settings are those of config.yaml, figures those of summary.json; - stands where a run has none.

            Example:

              lockstep diff runs/first runs/second
            """)

    @Argument(help: "The directory of a run.", completion: .directory)
    var first: String

    @Argument(help: "The directory of another run.", completion: .directory)
    var second: String

    func run() throws {
        let comparison = try ErrorReport.whileRunning { try RunComparison(first, second) }
        try ErrorReport.print(comparison.text)
    }
}
