import LockstepConfiguration

/// Local SGD: each host updates its parameters with its gradients, and hosts average them at an interval. For
/// slow links between hosts; results depend on the number of hosts.
public struct LocalSGDConfiguration: Configurable, Equatable {
    /// The number of steps between averages; evaluations and checkpoints average as well.
    public var every: Int

    /// Makes a configuration.
    public init(every: Int) { self.every = every }

    public init() { self.init(every: 1) }

    public static var keys: KeyTable<Self> {
        KeyTable(.integer("every", \.every, .steps, "steps between averages", default: .required))
    }
}
