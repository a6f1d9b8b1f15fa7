import LockstepFiles

extension CheckpointError {
    /// An error of a run directory: a file or folder of another user or of the wrong kind, or a failed system call.
    init(runDirectory error: FileError) {
        guard let reason = error.reason else {
            self = .system(operation: error.operation, path: error.path, code: error.code)
            return
        }
        self = .unusable(
            problem: "\(error.path) is not used: \(reason).",
            advice: "Remove it if it does not belong there, or choose another --run-dir.")
    }
}
