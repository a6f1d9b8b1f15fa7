/// Advice about damaged checkpoints.
extension CheckpointStore {
    /// The undamaged checkpoint to use instead of a damaged one. Verifies checkpoints until it finds one.
    public func advice(insteadOf directory: String) -> String {
        guard let other = newestComplete().checkpoint else {
            return
                "All other checkpoints in \(self.directory) are damaged, too: restore this one from a copy, or start a new run."
        }
        return "Use \(other.directory) instead, the newest undamaged checkpoint."
    }

    /// The error for a run without an undamaged checkpoint.
    /// - Parameter path: the run directory.
    public static func noneUsable(in path: String, _ refused: [Refusal]) -> CheckpointError {
        .unusable(
            problem: (["None of the checkpoints in \(path) can be used:"] + refused.map { "\($0)" })
                .joined(separator: "\n"),
            advice: "Restore one of them from a copy, or start a new run with another --run-dir.")
    }
}
