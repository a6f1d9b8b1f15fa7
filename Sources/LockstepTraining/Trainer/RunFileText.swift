import LockstepFiles

/// Writes config.yaml of a run directory.
enum RunFileText {
    /// Writes a whole file.
    /// - Throws: `TrainingError.environment` with the system's reason.
    static func write(_ bytes: [UInt8], to path: String) throws {
        do {
            try bytes.withUnsafeBytes { try AtomicFile.write($0, to: path, isOwn: true) }
        } catch let error as FileError {
            throw TrainingError.environment("\(path) cannot be written: \(error.words)")
        }
    }
}
