import Foundation

/// Writes config.yaml of a run directory.
enum RunFileText {
    /// Writes a whole file.
    /// - Throws: `TrainingError.environment` with the system's reason.
    static func write(_ bytes: [UInt8], to path: String) throws {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw TrainingError.environment(
                "\(path) cannot be written: \((error as NSError).localizedDescription)")
        }
    }
}
