/// How the ranks of a host exchange gradients. It changes the speed of a run, never its results.
public struct AllreduceConfiguration: Codable, Sendable, Equatable {
    /// Whether gradients and parameters lie in memory that the ranks of a host share; otherwise they are sent as
    /// messages.
    public var sharedMemory: Bool

    /// Makes a configuration.
    public init(sharedMemory: Bool = true) {
        self.sharedMemory = sharedMemory
    }

    static func read(_ section: ConfigurationSection, _ value: Self?) throws -> Self {
        Self(sharedMemory: try section.boolean("shared_memory", default: value?.sharedMemory ?? true))
    }
}
