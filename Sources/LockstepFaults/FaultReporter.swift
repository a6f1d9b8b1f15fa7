import Foundation
import LockstepFiles
import LockstepProcess

/// Writes one report of a fault for the whole job: whoever creates its file first.
package struct FaultReporter: Sendable {
    let folder: HeartbeatFolder
    let rank: Int
    /// The path of train.log.
    let log: String
    /// Formats the report for train.log.
    private let logText: @Sendable (String) -> String
    /// Whether this rank also shows it on its standard error output.
    let isTelling: Bool

    /// - Parameters:
    ///   - log: train.log; it is not created if it does not exist.
    ///   - isTelling: false where the launcher shows the report, from its file.
    ///   - logText: formats the report for train.log.
    package init(
        folder: HeartbeatFolder, rank: Int, log: String, isTelling: Bool,
        logText: @escaping @Sendable (String) -> String = { $0 + "\n" }
    ) {
        self.logText = logText
        self.folder = folder
        self.rank = rank
        self.log = log
        self.isTelling = isTelling
    }

    /// Writes the report to the standard error output, to train.log and to the report's file; or waits a moment for the rank that
    /// is doing so.
    package func report(_ report: FaultReport) {
        var report = report
        report.isTold = isTelling
        let descriptor = open(folder.reportPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 || errno != EEXIST else { return waitForReport() }
        let text = "lockstep: " + report.text + "\n"
        // Without a file nobody else can show it.
        if isTelling || descriptor < 0 { FaultReporter.write(text, to: STDERR_FILENO) }
        if let logDescriptor = try? SafeFile.open(log, O_WRONLY | O_APPEND) {
            FaultReporter.write(logText(report.text), to: logDescriptor)
            close(logDescriptor)
        }
        guard descriptor >= 0 else { return }
        FaultReporter.write(report.json, to: descriptor)
        close(descriptor)
    }

    /// The rank that writes the report must not be ended over it.
    func waitForReport() {
        for _ in 0..<10 {
            var status = stat()
            if stat(folder.reportPath, &status) == 0, status.st_size > 0 { return }
            usleep(100_000)
        }
    }

    /// As much as can be written: the report is on its way to several places, and nobody is left to tell of a failure.
    private static func write(_ text: String, to descriptor: Int32) {
        _ = Array(text.utf8).withUnsafeBytes { StandardStream.write($0, to: descriptor) }
    }
}
