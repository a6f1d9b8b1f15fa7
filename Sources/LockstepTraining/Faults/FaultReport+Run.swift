import Foundation
import LockstepCheckpoints
import LockstepFaults
import LockstepFiles
import LockstepTasks

extension FaultReport {
    /// Determines after the end of a job, from the files of its ranks, which of them failed.
    ///
    /// A report that a watchdog wrote while the ranks still ran takes precedence: it knows more.
    /// - Parameter isOver: whether the job is known to have ended: then files of ranks on other hosts do not mean
    ///   that they still run.
    /// - Throws: `CheckpointError.nothingToResume` when there is no such folder.
    public init(run: String, isOver: Bool = false, now: Double = Date().timeIntervalSince1970) throws {
        try HomePath.require(run, option: "The run directory")
        let folder = HeartbeatFolder(run: run)
        guard FileManager.default.fileExists(atPath: folder.path) else {
            throw CheckpointError.nothingToResume(
                "\(run) is not the directory of a run: there is no \(folder.path). Give one, such as runs/<name>-<time>."
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
