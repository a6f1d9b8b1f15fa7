import Foundation

/// An example program with a run file, run as a user would run it.
struct ExampleRun {
    /// The path of the program.
    let program: String
    private let runFile: String
    private let settings: [String]

    /// - Parameter settings: changes of the run file, such as `max_steps=10`.
    init(_ name: String, _ runFile: String, _ settings: [String] = []) {
        program = CommandRunner.productsDirectory.appendingPathComponent(name).path
        self.runFile = CommandRunner.repository.appendingPathComponent("Examples/\(name)/\(runFile)").path
        self.settings = settings.flatMap { ["--set", $0] }
    }

    /// Runs the program; on several ranks by the launcher.
    func run(ranks: Int = 1, _ arguments: [String]) throws -> CommandResult {
        ranks == 1
            ? try CommandRunner.run(program, arguments)
            : try CommandRunner.run(CommandRunner.launcher, ["-n", String(ranks), program] + arguments)
    }

    /// Trains into a run directory.
    func train(ranks: Int = 1, _ directory: String, _ extra: [String] = []) throws -> CommandResult {
        try run(ranks: ranks, ["train", runFile, "--run-dir", directory] + settings + extra)
    }

    /// What differs between runs on 1, 2 and 3 ranks, and one that is stopped on 3 ranks after a step and resumed on 2; empty
    /// if nothing does.
    func differences(_ directory: TemporaryDirectory, stopAfter step: Int) throws -> [String] {
        var problems: [String] = []
        func add(_ name: String, _ result: CommandResult) {
            if result.status != 0 { problems.append("\(name): \(result.tail)") }
        }
        add("1 rank", try train(directory.path("1")))
        add("2 ranks", try train(ranks: 2, directory.path("2")))
        add("3 ranks", try train(ranks: 3, directory.path("3")))
        add("stop", try train(ranks: 3, directory.path("stopped"), ["--stop-after-step", String(step)]))
        add("resume", try train(ranks: 2, directory.path("stopped"), ["--resume"]))
        guard problems.isEmpty else { return problems }
        let expected = try RunResults(directory.path("1"))
        return try ["2", "3", "stopped"].compactMap { name in
            try RunResults(directory.path(name)).difference(from: expected).map { "\(name): \($0)" }
        }
    }

    /// A number of the summary of a run.
    static func summary(_ name: String, _ directory: String) throws -> Double? {
        let data = try Data(contentsOf: URL(fileURLWithPath: directory + "/summary.json"))
        return (try JSONSerialization.jsonObject(with: data) as? [String: Any])?[name] as? Double
    }
}
