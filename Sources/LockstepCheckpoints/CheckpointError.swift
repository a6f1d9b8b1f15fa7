import Glibc
import LockstepText

/// Errors of checkpoints and run directories.
public enum CheckpointError: Error, Sendable, Hashable {
    /// An operation on a file failed with this error number.
    case system(operation: String, path: String, code: Int32)
    /// A file is damaged or has the wrong format.
    case damaged(path: String, reason: String)
    /// A requested checkpoint is damaged, or all checkpoints of a run are.
    case unusable(problem: String, advice: String)
    /// A tensor is only in the model or only in the checkpoint, or its shapes differ.
    case mismatch(path: String, tensor: String, reason: String)
    /// A section of the state is missing or cannot be read.
    case state(section: String, reason: String)
    /// Another process uses the run directory.
    case locked(path: String, holder: String)
    /// There is nothing to resume from.
    case nothingToResume(String)
    /// The path cannot be a run directory.
    case notARun(path: String, reason: String)
    /// A required name is taken by something that this program did not create, which is left unchanged.
    case foreign(path: String, reason: String)
    /// The run directory already has checkpoints, but no resume was requested.
    case exists(path: String)
}

extension CheckpointError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .system(let operation, let path, let code):
            "\(path): \(operation) failed: \(String(cString: strerror(code))). \(CheckpointError.advice(code)) "
                + "Earlier complete checkpoints are unchanged."
        case .damaged(let path, let reason): "\(path): \(reason)."
        case .unusable(let problem, let advice): problem + (problem.contains("\n") ? "\n" : " ") + advice
        case .mismatch(let path, let tensor, let reason):
            "\(path): the checkpoint belongs to another model: tensor \(tensor.printable) \(reason). "
                + "Resume with the model that wrote it (its run directory has config.yaml), or start a new run."
        case .state(let section, let reason):
            "The checkpoint's state.json has no usable section '\(section)': \(reason)."
        case .locked(let path, let holder):
            "\(path): another process is using this run directory (\(holder.printable)). "
                + "Wait for it, stop it, or choose another --run-dir."
        case .nothingToResume(let what): what
        case .notARun(let path, let reason):
            "\(path) cannot be a run directory: \(reason). Nothing has been written. Choose a new or empty directory, or a run directory, "
                + "with --run-dir."
        case .foreign(let path, let reason): "\(path) is left unchanged: \(reason)."
        case .exists(let path):
            "\(path) already holds a run with checkpoints. Continue it with --resume, or choose another --run-dir."
        }
    }

    /// The advice for a system error number.
    private static func advice(_ code: Int32) -> String {
        switch code {
        case ENOSPC, EDQUOT: "Free some space on its disk, then continue with --resume."
        case EACCES, EPERM, EROFS: "Make the path writable for this user, or choose another --run-dir."
        case ENOTDIR: "A part of the path is a file; choose another --run-dir."
        case EMFILE: "Raise the limit of open files (ulimit -n), then continue with --resume."
        case EIO: "The disk or its network has failed; once it is repaired, continue with --resume."
        default: "Once the cause is fixed, continue with --resume."
        }
    }
}
