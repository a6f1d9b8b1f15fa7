/// How gradients are summed.
public struct AllreduceSettings: Sendable, Hashable {
    /// Whether the ranks of a host may share memory.
    public var sharedMemory: SharedMemoryPolicy
    /// How gradients are summed between hosts.
    public var algorithm: AllreduceAlgorithm
    /// The format in which gradients travel between hosts.
    public var format: WireFormat
    /// The momentum that hosts apply to their gradients before they select what to send, in the format
    /// `topK`; nil for none.
    public var hostMomentum: HostMomentum?
    /// Whether gradients travel between hosts during the backward pass, as soon as they are final.
    public var overlapsBackward: Bool
    /// Sizes of messages between hosts.
    public var tuning = ExchangeTuning()
    /// Whether what is open in `tuning`, and the algorithm if it is `auto`, is chosen by a measurement of the
    /// network between hosts. Only exact sums are tuned: the bits of others depend on the choice.
    public var isTuned = false
    /// Which sums each node has, and when.
    package var placement = SumPlacement.whole

    /// Whether nodes have only the sums of their parts when an exchange ends.
    func sumsInParts(gradientCount: Int) -> Bool {
        switch placement {
        case .whole, .ownGradients: false
        case .ownParts: true
        case .arriving:
            overlapsBackward && algorithm != .mpi && !format.hasResidual
                && gradientCount > tuning.undividedLimit
        }
    }

    /// Whether sums have the bits of the reduction tree over all shards.
    var isExact: Bool { format.isExact && algorithm != .mpi }

    /// Settings; by default sums have the bits of the reduction tree.
    public init(
        sharedMemory: SharedMemoryPolicy = .allowed, algorithm: AllreduceAlgorithm = .auto,
        format: WireFormat = .float32, hostMomentum: HostMomentum? = nil, overlapsBackward: Bool = true
    ) {
        self.sharedMemory = sharedMemory
        self.algorithm = algorithm
        self.format = format
        self.hostMomentum = hostMomentum
        self.overlapsBackward = overlapsBackward
    }
}
