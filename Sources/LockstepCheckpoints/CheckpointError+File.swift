import LockstepFiles

extension CheckpointError {
    /// Of a run directory: a file or folder that is another user's or not what it should be, or what the system refused.
    init(runDirectory error: FileError) {
        guard let reason = error.reason else {
            self = .system(operation: error.operation, path: error.path, code: error.code)
            return
        }
        self = .unusable(
            problem: "\(error.path) is not used: \(reason).",
            advice: "Remove it if it is not meant to be there, or choose another --run-dir.")
    }
}
