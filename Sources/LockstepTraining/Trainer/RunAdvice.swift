import Foundation
import LockstepRunLog
import LockstepTasks

/// The last lines of a run: suggestions for the next commands.
struct RunAdvice {
    /// The lines.
    let text: String

    /// The commands that evaluate a complete run, or the command that continues a stopped run; nil if there are none.
    /// - Parameters:
    ///   - run: the run directory.
    ///   - arguments: the command line after the program; empty if unknown.
    ///   - program: the path of the program.
    ///   - environment: the environment of the process, with the launcher's variables.
    init?(
        _ summary: RunSummary, run: String, _ task: any LearningTask, arguments: [String],
        program: String = CommandLine.arguments.first ?? "lockstep",
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        guard !arguments.isEmpty else { return nil }
        let command = Self.short(program, environment: environment)
        switch summary.stoppedBecause {
        case .epochs, .maxSteps, .earlyStopping:
            let name = (run as NSString).lastPathComponent
            let set =
                summary.test.isEmpty
                ? summary.validation.isEmpty ? " --split training" : " --split validation" : ""
            var lines = ["evaluate \(Self.quoted(run))\(task is LanguageModeling ? "" : set)"]
            if let language = task as? LanguageModeling {
                lines.append(
                    "generate \(Self.quoted(run)) \(language.hasTexts ? "--prompt TEXT" : "--prompt-tokens 0,1,2")"
                )
            } else if task.predictionRefusal == nil {
                let file = Self.quoted("\(name)-predictions.csv")
                lines.append("predict \(Self.quoted(run))\(set) --output \(file)")
            }
            lines.append("plot \(Self.quoted(run)) --output \(Self.quoted("\(name).svg"))")
            text =
                "\nNext:\n" + lines.map { "  \(command) \($0)" }.joined(separator: "\n")
        case .timeLimit, .stopAfterStep, .signal, .program:
            let words = arguments + ["--run-dir", run, "--resume"]
            let rest = words.map(Self.quoted).joined(separator: " ")
            guard summary.ranks > 1 else {
                text = "\nTo continue:\n  \(command) \(rest)"
                return
            }
            // The launcher's options, such as hosts, are unknown here.
            let launched = (program as NSString).lastPathComponent == "lockstep" ? "" : "\(command) "
            let options = summary.hosts > 1 ? "..." : "-n \(summary.ranks)"
            let launcher = Self.launcher(of: program, environment: environment)
            text = "\nTo continue:\n  \(launcher) \(options) \(launched)\(rest)"
        case .nonFinite: return nil
        }
    }

    /// The launcher as a user types it: that of an installation stands beside its program or in PATH.
    private static func launcher(of program: String, environment: [String: String]) -> String {
        var folders = environment["PATH"]?.split(separator: ":").map(String.init) ?? []
        if program.contains("/") { folders.insert((program as NSString).deletingLastPathComponent, at: 0) }
        let installed = folders.map { $0 + "/lockstep-launch" }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
        return installed.map { short($0, environment: environment) } ?? "scripts/launch"
    }

    /// The program as a user types it: its name if its folder is in PATH, otherwise its path relative to the current folder.
    private static func short(_ program: String, environment: [String: String]) -> String {
        let name = (program as NSString).lastPathComponent
        let folder = (program as NSString).deletingLastPathComponent
        let folders = environment["PATH"]?.split(separator: ":").map(String.init) ?? []
        guard program.contains("/"), !folders.contains(folder) else { return quoted(name) }
        let current = FileManager.default.currentDirectoryPath + "/"
        return quoted(program.hasPrefix(current) ? String(program.dropFirst(current.count)) : program)
    }

    /// A word, quoted for a shell if necessary.
    private static func quoted(_ word: String) -> String {
        let isPlain =
            !word.isEmpty && word.allSatisfy { $0.isLetter || $0.isNumber || "/._-+=:@%,".contains($0) }
        return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
