import CKernels

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
    /// Which sums each node has, and when.
    package var placement = SumPlacement.whole

    /// The largest number of gradients whose sums are never divided among nodes: 1 MiB. The latency of a
    /// second half would cost more than it saves.
    private static let undividedLimit = 64 * Int(lockstep_chunk)

    /// Whether nodes have only the sums of their parts when an exchange ends.
    func sumsInParts(gradientCount: Int) -> Bool {
        switch placement {
        case .whole, .ownGradients: false
        case .ownParts: true
        case .arriving:
            overlapsBackward && algorithm != .mpi && !format.hasResidual
                && gradientCount > AllreduceSettings.undividedLimit
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
