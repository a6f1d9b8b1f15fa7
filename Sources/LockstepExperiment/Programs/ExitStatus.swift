import LockstepCheckpoints
import LockstepCollectives
import LockstepConfiguration
import LockstepDataParallel
import LockstepDatasets
import LockstepModels
import LockstepProcess
import LockstepReaders
import LockstepRunLog
import LockstepTasks

/// The exit statuses of the programs of this package.
public enum ExitStatus: Int32, Sendable {
    /// Success, or a signal asked to stop and a checkpoint was written.
    case success = 0
    /// A failure that the same run would repeat.
    case failure = 1
    /// A mistake in options, run file, data, hosts or checkpoint location, found before training began or by
    /// another command: restarting does not help.
    case mistake = 2
    /// A fault of a running job: a rank or host that hangs or has ended, a full disk. Restarting may help
    /// (EX_TEMPFAIL).
    case fault = 75

    /// The status for an error of a run whose training has begun, or of another command.
    public init(ofRunning error: any Error) {
        switch error {
        case CollectiveError.launcherMismatch, CollectiveError.threadSupport, CollectiveError.environment:
            self = .mistake
        case is CollectiveError, CheckpointError.system, is ThreadError, is StreamError: self = .fault
        case let error as RunLogError: self = error.isMistake ? .mistake : .fault
        case DataParallelError.desynchronized: self = .fault
        case let failure as RunFailure: self = failure.status
        case let agreed as AgreedFailure: self = agreed.status
        case is ConfigurationError, is ComponentError, is DatasetError,
            CheckpointError.nothingToResume, CheckpointError.notARun, CheckpointError.mismatch,
            is HomePath.Mistake, TrainingError.model,
            TrainingError.nonFiniteTensor(_, .beginning), TrainingError.nonFiniteTensor(_, .checkpoint):
            self = .mistake
        default: self = .failure
        }
    }
}

/// An error with the exit status of the process.
package struct RunFailure: Error, CustomStringConvertible {
    /// The error.
    package let error: any Error
    package let status: ExitStatus
    /// Whether a report has already been written, so that no rank prints the error again.
    package let isReported: Bool

    package init(error: any Error, status: ExitStatus, isReported: Bool = false) {
        self.error = error
        self.status = status
        self.isReported = isReported
    }

    package var description: String { "\(error)" }
}

extension Error {
    /// Whether a rank reports the error, if all ranks or one rank throw it.
    package func isReported(by rank: Int) -> Bool {
        switch (self as? RunFailure)?.error ?? self {
        case let agreed as AgreedFailure: agreed.reportingRank == rank
        case let common as TrainingError where common.isCommon: rank == 0
        default: true
        }
    }
}
