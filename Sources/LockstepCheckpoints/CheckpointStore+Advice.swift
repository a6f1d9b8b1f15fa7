/// What to do about damaged checkpoints.
extension CheckpointStore {
    /// What to use instead of a checkpoint that is damaged: names another one. Verifies until it has found one.
    public func advice(insteadOf directory: String) -> String {
        guard let other = newestComplete().checkpoint else {
            return
                "No other checkpoint in \(self.directory) is undamaged: restore this one from a copy, or start a new run."
        }
        return "Use \(other.directory) instead, the newest one there that is undamaged."
    }

    /// The error for a run of whose checkpoints none is undamaged.
    /// - Parameter path: the run's directory.
    public static func noneUsable(in path: String, _ refused: [Refusal]) -> CheckpointError {
        .unusable(
            problem: (["None of the checkpoints in \(path) can be used:"] + refused.map { "\($0)" })
                .joined(separator: "\n"),
            advice: "Restore one of them from a copy, or start a new run with another --run-dir.")
    }
}
