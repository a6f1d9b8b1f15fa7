import Foundation
import LockstepCheckpoints
import LockstepFaults
import LockstepFiles
import LockstepTasks

extension FaultReport {
    /// Determines after the end of a job, from the files of its ranks, which of them failed.
    ///
    /// A report that a watchdog wrote while the ranks were still running takes precedence, since it contains more.
    /// - Parameter isOver: whether the job is known to have ended; files of ranks on other hosts then do not mean
    ///   that these ranks are still running.
    /// - Throws: `CheckpointError.nothingToResume` when there is no such folder.
    public init(run: String, isOver: Bool = false, now: Double = Date().timeIntervalSince1970) throws {
        try HomePath.require(run, option: "The run directory")
        let folder = HeartbeatFolder(run: run)
        guard FileManager.default.fileExists(atPath: folder.path) else {
            throw CheckpointError.nothingToResume(
                "\(run) is not a run directory: there is no \(folder.path). Give a run directory, such as runs/<name>-<time>."
            )
        }
        let readings = folder.read()
        if let bytes = try? SafeFile.contents(folder.reportPath, limit: 1 << 26),
            let written = try? JSONDecoder().decode(FaultReport.self, from: Data(bytes)),
            written.kind != .communication || FaultReport.wereOnlyUnreached(readings)
        {
            self = written
            return
        }
        self.init(afterwards: readings, isOver: isOver, now: now)
    }
}
