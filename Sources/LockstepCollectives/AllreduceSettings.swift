import CKernels

/// How gradients are summed.
public struct AllreduceSettings: Sendable, Hashable {
    /// Whether the ranks of a host may share memory.
    public var sharedMemory: SharedMemoryPolicy
    /// How sums are made between hosts.
    public var algorithm: AllreduceAlgorithm
    /// The form in which gradients travel between hosts.
    public var format: WireFormat
    /// What hosts make of their gradients before they choose what to send, in the form `topK`; nil for nothing.
    public var hostMomentum: HostMomentum?
    /// Whether gradients travel between hosts during the rest of backward, as soon as they are final.
    public var overlapsBackward: Bool
    /// Whether every host gets the sums of its own part only (`TreeAllreduce.pieces`), to update that alone. What becomes of the
    /// parts goes to the others after `exchange` (`TreeAllreduce.deliver`).
    public var isScattered: Bool
    /// Whether sums may come to a host after `exchange` (`TreeAllreduce.deliver`), during the next forward pass: where they are
    /// many, and none are left out.
    public var deliversLater: Bool
    /// Whether gradients are summed on each host for itself; statistics and records are exchanged all the same.
    public var isLocal: Bool

    /// The most gradients whose sums come whole: 1 MiB. The latencies of a second half would cost more than it gains.
    private static let undividedLimit = 64 * Int(lockstep_chunk)

    /// Whether groups have the sums of their own parts only when an exchange ends.
    func sumsInParts(gradientCount: Int) -> Bool {
        if isLocal { return false }
        if isScattered { return true }
        return deliversLater && overlapsBackward && algorithm != .mpi && !format.hasResidual
            && gradientCount > AllreduceSettings.undividedLimit
    }

    /// Whether sums have the bits of the reduction tree over all shards.
    var isExact: Bool { format.isExact && algorithm != .mpi }

    /// Settings; by default sums have the bits of the reduction tree.
    public init(
        sharedMemory: SharedMemoryPolicy = .allowed, algorithm: AllreduceAlgorithm = .auto,
        format: WireFormat = .float32, hostMomentum: HostMomentum? = nil, overlapsBackward: Bool = true,
        isScattered: Bool = false,
        deliversLater: Bool = false, isLocal: Bool = false
    ) {
        self.sharedMemory = sharedMemory
        self.algorithm = algorithm
        self.format = format
        self.hostMomentum = hostMomentum
        self.overlapsBackward = overlapsBackward
        self.isScattered = isScattered
        self.deliversLater = deliversLater
        self.isLocal = isLocal
    }
}
