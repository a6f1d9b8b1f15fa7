import Foundation
import LockstepCheckpoints
import LockstepFaults
import LockstepFiles

extension FaultReport {
    /// Finds out after the end of a job, from what its ranks left behind, which of them failed.
    ///
    /// A report that a watchdog wrote while they still ran knows more than what they look like afterwards.
    /// - Parameter isOver: whether the job is known to have ended: then nothing that a rank left elsewhere means that it still runs.
    /// - Throws: `TrainingError.environment` when there is no such folder.
    public init(run: String, isOver: Bool = false, now: Double = Date().timeIntervalSince1970) throws {
        try HomePath.require(run, option: "The run directory")
        let folder = HeartbeatFolder(run: run)
        guard FileManager.default.fileExists(atPath: folder.path) else {
            throw TrainingError.environment(
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
