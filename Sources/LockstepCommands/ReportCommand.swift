import ArgumentParser
import Foundation
import LockstepFaults
import LockstepTraining

/// `lockstep report`: which rank of a run failed, and where it was.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Names the ranks that ended a run, or that hang, and where they were.",
        discussion: """
            Every rank of a run leaves its heartbeat in the run directory, whatever ends it: its host and process, step, \
            phase, bucket, the time of its last heartbeat, and its last message. Where a watchdog has found ranks that hang, its \
            report is shown.

            Examples:

              lockstep report runs/fashion-mlp-20260131-120000
              lockstep report runs/first --json
            """)

    @Argument(help: "The directory of a run.", completion: .directory)
    var path: String

    @Flag(help: "Write JSON.")
    var json = false

    @Flag(
        help:
            "Leave out what the ranks of a job that has ended have already written, the report or their errors: for scripts/launch."
    )
    var untold = false

    func run() throws {
        let report = try ErrorReport.whileRunning { try FaultReport(run: path, isOver: untold) }
        if untold, report.isPrinted == true { return }
        let text = json ? report.json : report.text(withErrors: !untold) + "\n"
        try ErrorReport.print(text)
    }
}
