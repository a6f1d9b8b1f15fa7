import LockstepAutograd
import LockstepCollectives
import LockstepOptimizers

/// What a phase of training has of its own: its part of the flat parameters, the exchange of their gradients, and their moments.
///
/// Elements are counted from the start of the phase.
final class PhaseState {
    let settings: UpdatePhase
    /// The phase's part of the flat buffer.
    let range: Range<Int>
    let allreduce: TreeAllreduce
    /// What is updated alike.
    let groups: [ParameterGroup]
    /// The optimizer's moments, in the order of its names: laid out like the parameters, or of the host's own pieces only, one after
    /// the other.
    let moments: [UnsafeMutablePointer<Float>]
    /// For each of this rank's pieces where it begins in a moment.
    let pieceOffsets: [Int]
    /// Per rank that shares this memory the hash of its slice of the parameters.
    let sliceHashes: UnsafeMutablePointer<UInt64>
    /// What hosts exchange in the place of gradients where they send a part of them only.
    let sparse: SparseMomentum?
    let readiness: ReadyPrefix

    /// The number of updates so far.
    var updates = 0
    /// The update that is under way: what arrives from other hosts is updated by it. Nil where the step is not applied.
    var update: UpdateStep?
    /// Whether parameters may still be on their way.
    var isArriving = false
    /// The hash of the phase's parameters as the last update left them on this host.
    var hash: UInt64 = 0
    /// What rank 0 holds of other hosts while a checkpoint is read.
    var collected = CollectedState()

    /// Collective.
    /// - Parameter regions: further memory that the ranks of a host share.
    init(
        _ settings: UpdatePhase, number: Int, store: ParameterStore, communicator: Communicator, shards: Int,
        allreduce: AllreduceSettings, averaging: ParameterAveraging?, regions: [SharedRegion]
    ) throws {
        self.settings = settings
        range = store.phaseRanges[number]
        groups = ParameterGroup.groups(of: store, phase: number, from: range.lowerBound, averaging)
        var exchange = allreduce
        if exchange.format.hasResidual, let momentum = settings.optimizer.momentum {
            exchange.hostMomentum = HostMomentum(
                decay: Float(momentum.decay), isNesterov: momentum.isNesterov)
        }
        self.allreduce = try TreeAllreduce(
            communicator: communicator, shards: shards, gradientCount: range.count,
            statisticsCount: store.statisticsCount, recordByteCount: MemoryLayout<ShardRecord>.stride,
            regions: [SharedRegion("slice hashes", byteCount: communicator.localSize * 8)]
                + (0..<settings.optimizer.momentCount).map { SharedRegion(floatsOfPieces: "moment \($0)") }
                + regions,
            settings: exchange)
        sparse =
            self.allreduce.residual == nil ? nil : SparseMomentum(density: exchange.format.density)
        readiness = ReadyPrefix(store: store, phase: number)
        pieceOffsets = self.allreduce.pieceOffsets
        sliceHashes = self.allreduce.region("slice hashes").assumingMemoryBound(to: UInt64.self)
        moments = (0..<settings.optimizer.momentCount).map { [allreduce = self.allreduce] in
            allreduce.region("moment \($0)").assumingMemoryBound(to: Float.self)
        }
    }

    var optimizer: any Optimizer { settings.optimizer }

    /// Whether the moments of a parameter are on one host only.
    var isSharded: Bool { allreduce.settings.isScattered && allreduce.groupCount > 1 }

    /// Sets the hash of the phase's parameters from those of the slices.
    func foldHashes() {
        hash = 0
        for rank in 0..<allreduce.groupSize { hash &+= sliceHashes[rank] }
    }
}
