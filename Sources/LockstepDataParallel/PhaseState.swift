import LockstepAutograd
import LockstepCollectives
import LockstepOptimizers

/// The state of one phase of training: its part of the flat parameters, the exchange of their gradients, and their moments.
///
/// Elements are counted from the start of the phase.
final class PhaseState {
    let settings: UpdatePhase
    /// The phase's part of the flat buffer.
    let range: Range<Int>
    let allreduce: TreeAllreduce
    /// Parameters that share the settings of an update.
    let groups: [ParameterGroup]
    /// The optimizer's moments, in the order of its names: laid out like the parameters, or only the host's own
    /// pieces, one after the other.
    let moments: [UnsafeMutablePointer<Float>]
    /// For each of this rank's pieces, where it begins in a moment.
    let pieceOffsets: [Int]
    /// For each rank that shares this memory, the hash of its slice of the parameters.
    let sliceHashes: UnsafeMutablePointer<UInt64>
    /// How hosts that send only a part of the gradients apply momentum; nil where they send all.
    let sparse: SparseMomentum?
    let readiness: ReadyPrefix

    /// The number of updates so far.
    var updates = 0
    /// The update in progress, which is also applied to what arrives from other hosts. Nil if the step is not applied.
    var update: UpdateStep?
    /// Whether parameters may still be in transit.
    var isArriving = false
    /// The hash of the phase's parameters as the last update left them on this host.
    var hash: UInt64 = 0
    /// State of other hosts that rank 0 holds while a checkpoint is read.
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
