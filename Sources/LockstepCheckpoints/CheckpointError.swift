import Glibc
import LockstepText

/// Errors of checkpoints and run directories.
public enum CheckpointError: Error, Sendable, Hashable {
    /// The system refused an operation on a file, with this error number.
    case system(operation: String, path: String, code: Int32)
    /// A file is damaged or has the wrong form.
    case damaged(path: String, reason: String)
    /// A checkpoint that was asked for is damaged, or all of a run are.
    case unusable(problem: String, advice: String)
    /// A tensor of the model is not in the checkpoint, or the other way round, or has another shape.
    case mismatch(path: String, tensor: String, reason: String)
    /// A section of the state is missing or cannot be read.
    case state(section: String, reason: String)
    /// Another process uses the run directory.
    case locked(path: String, holder: String)
    /// There is nothing to resume from.
    case nothingToResume(String)
    /// The path of a run directory is something else, or is where no run may be.
    case notARun(path: String, reason: String)
    /// Something that this program did not create has a name that is needed; it is left as it is.
    case foreign(path: String, reason: String)
    /// The run directory already has checkpoints, and no resume was asked for.
    case exists(path: String)
}

extension CheckpointError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .system(let operation, let path, let code):
            "\(path): \(operation) failed: \(String(cString: strerror(code))). \(CheckpointError.advice(code)) "
                + "Checkpoints that were complete before are untouched."
        case .damaged(let path, let reason): "\(path): \(reason)."
        case .unusable(let problem, let advice): problem + (problem.contains("\n") ? "\n" : " ") + advice
        case .mismatch(let path, let tensor, let reason):
            "\(path): the checkpoint is of another model: tensor \(tensor.printable) \(reason). "
                + "Resume with the model that wrote it (its run directory has config.yaml), or start a new run."
        case .state(let section, let reason):
            "The checkpoint's state.json has no usable section '\(section)': \(reason)."
        case .locked(let path, let holder):
            "\(path): another process is using this run directory (\(holder.printable)). "
                + "Wait for it, stop it, or choose another --run-dir."
        case .nothingToResume(let what): what
        case .notARun(let path, let reason):
            "\(path) cannot be a run directory: \(reason). Nothing has been written. Choose a new or empty directory, or that of a run, "
                + "with --run-dir."
        case .foreign(let path, let reason): "\(path) stays as it is: \(reason)."
        case .exists(let path):
            "\(path) already holds a run with checkpoints. Continue it with --resume, or choose another --run-dir."
        }
    }

    /// The advice for an error number of the system.
    private static func advice(_ code: Int32) -> String {
        switch code {
        case ENOSPC, EDQUOT: "Free some space there, then continue with --resume."
        case EACCES, EPERM, EROFS: "Make the place writable for this user, or choose another --run-dir."
        case ENOTDIR: "A part of the path is a file; choose another --run-dir."
        case EMFILE: "Raise the limit of open files (ulimit -n), then continue with --resume."
        case EIO: "The disk or its network is at fault; once it is fixed, continue with --resume."
        default: "Once that is fixed, continue with --resume."
        }
    }
}
