import Foundation
import LockstepRunLog
import LockstepTasks

/// The last lines of a run: the commands that come next.
struct RunAdvice {
    /// The lines.
    let text: String

    /// The commands that evaluate a complete run, or the one that continues a run that was stopped; nil if there is none.
    /// - Parameters:
    ///   - run: the run directory.
    ///   - arguments: the words of the command line after the program; empty if they are not known.
    ///   - program: the path of the program.
    ///   - environment: that of the process, with the launcher's variables.
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
            if task is LanguageModeling {
                lines.append("generate \(Self.quoted(run)) --prompt TEXT")
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
            // The launcher's options, such as hosts, are not known here.
            let launched = (program as NSString).lastPathComponent == "lockstep" ? "" : "\(command) "
            let options = summary.hosts > 1 ? "..." : "-n \(summary.ranks)"
            text = "\nTo continue:\n  scripts/launch \(options) \(launched)\(rest)"
        case .nonFinite: return nil
        }
    }

    /// The program as it can be typed: its name if it is in a folder of PATH, else its path from the current folder.
    private static func short(_ program: String, environment: [String: String]) -> String {
        let name = (program as NSString).lastPathComponent
        let folder = (program as NSString).deletingLastPathComponent
        let folders = environment["PATH"]?.split(separator: ":").map(String.init) ?? []
        guard program.contains("/"), !folders.contains(folder) else { return quoted(name) }
        let current = FileManager.default.currentDirectoryPath + "/"
        return quoted(program.hasPrefix(current) ? String(program.dropFirst(current.count)) : program)
    }

    /// A word as a shell takes it.
    private static func quoted(_ word: String) -> String {
        let isPlain =
            !word.isEmpty && word.allSatisfy { $0.isLetter || $0.isNumber || "/._-+=:@%,".contains($0) }
        return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
