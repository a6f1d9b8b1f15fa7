import LockstepConfiguration

/// Updates of each host on its own, with averages of their parameters in between (local SGD): for slow links between hosts. The
/// results depend on the number of hosts.
public struct LocalSGDConfiguration: Configurable, Equatable {
    /// After how many steps parameters are averaged; evaluations and checkpoints average as well.
    public var every: Int

    /// Makes a configuration.
    public init(every: Int) { self.every = every }

    public init() { self.init(every: 1) }

    public static var keys: KeyTable<Self> {
        KeyTable(.integer("every", \.every, .steps, "steps between averages", default: .required))
    }
}
