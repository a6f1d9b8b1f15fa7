import LockstepConfiguration

/// Updates of each host on its own, with averages of their parameters in between (local SGD): for slow links between hosts. The
/// results depend on the number of hosts.
public struct LocalSGDConfiguration: Codable, Sendable, Equatable {
    /// After how many steps parameters are averaged; evaluations and checkpoints average as well.
    public var every: Int

    /// Makes a configuration.
    public init(every: Int) { self.every = every }

    package static func read(_ section: ConfigurationSection, _ value: Self?) throws -> Self {
        Self(
            every: try section.integer("every", "steps between averages", default: value?.every, .steps))
    }
}
