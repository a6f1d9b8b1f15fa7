import LockstepConfiguration

extension ConfigurationReference {
    /// The keys of a run file.
    public static func runFile() throws -> Self {
        try Self { _ = try TrainingConfiguration.read($0, nil) }
    }
}
