import Foundation
import LockstepContracts
import LockstepFiles
import LockstepProcess

/// Writes one fault report for the whole job: the first rank to create the file writes it.
package struct FaultReporter: Sendable {
    let folder: HeartbeatFolder
    let rank: Int
    /// The path of train.log.
    let log: String
    /// Formats the report for train.log.
    private let logText: @Sendable (String) -> String
    /// Whether this rank also prints the report to standard error.
    let printsReport: Bool

    /// - Parameters:
    ///   - log: train.log; it is not created if it does not exist.
    ///   - printsReport: false where the launcher prints the report from its file.
    ///   - logText: formats the report for train.log.
    package init(
        folder: HeartbeatFolder, rank: Int, log: String, printsReport: Bool,
        logText: @escaping @Sendable (String) -> String = { $0 + "\n" }
    ) {
        self.logText = logText
        self.folder = folder
        self.rank = rank
        self.log = log
        self.printsReport = printsReport
    }

    /// Writes the report to standard error, train.log and its file, or waits briefly for the rank that is
    /// writing it.
    package func report(_ report: FaultReport) {
        var report = report
        report.isPrinted = printsReport
        let descriptor = open(folder.reportPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 || errno != EEXIST else { return waitForReport() }
        let text = "\(ProgramName.text): " + report.text + "\n"
        // Without a file no other process can print it.
        if printsReport || descriptor < 0 { FaultReporter.write(text, to: STDERR_FILENO) }
        if let logDescriptor = try? SafeFile.open(log, O_WRONLY | O_APPEND) {
            FaultReporter.write(logText(report.text), to: logDescriptor)
            close(logDescriptor)
        }
        guard descriptor >= 0 else { return }
        FaultReporter.write(report.json, to: descriptor)
        close(descriptor)
    }

    /// Gives the rank that writes the report time to finish.
    func waitForReport() {
        for _ in 0..<10 {
            var status = stat()
            if stat(folder.reportPath, &status) == 0, status.st_size > 0 { return }
            usleep(100_000)
        }
    }

    /// Writes as much as possible and ignores failures: the report goes to several places.
    private static func write(_ text: String, to descriptor: Int32) {
        _ = Array(text.utf8).withUnsafeBytes { StandardStream.write($0, to: descriptor) }
    }
}
