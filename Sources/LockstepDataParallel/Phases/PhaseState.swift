import LockstepAutograd
import LockstepCollectives
import LockstepOptimizers

/// The state of one phase of training: its range of the flat parameters, the exchange of their gradients, and
/// their moments.
///
/// Elements are counted from the start of the phase.
final class PhaseState {
    let settings: UpdatePhase
    /// The phase's range of the flat buffer.
    let range: Range<Int>
    let allreduce: TreeAllreduce
    /// The arithmetic of the update; its moments are those of `settings.optimizer`.
    let optimizer: any Optimizer
    /// Groups of parameters with equal settings, as `optimizer` receives them.
    let groups: [ParameterGroup]
    /// What the first pass of a layer-wise optimizer measures; nil for others.
    let layers: (optimizer: any LayerwiseOptimizer, table: LayerTable)?
    /// The optimizer's moments, in the order of its names: in the layout of the parameters, or only the
    /// host's pieces in sequence.
    let moments: [UnsafeMutablePointer<Float>]
    /// The offset of each of this rank's pieces in a moment.
    let pieceOffsets: [Int]
    /// The hash of each local rank's slice of the parameters.
    let sliceHashes: UnsafeMutablePointer<UInt64>
    /// The phase's sparse tables; nil if it trains none.
    let tables: SparseTables?
    /// The adaptation of the optimizer if hosts send only part of their gradients; nil if they send all.
    let topK: SparseSums?
    let readiness: ReadyPrefix
    /// The shards of this host's ranks.
    let hostShards: Range<Int>

    /// The number of updates so far.
    var updates = 0
    /// The hash of the phase's parameters after the last update on this host.
    private(set) var hash: UInt64 = 0
    /// The error feedback of all hosts, on rank 0 while a checkpoint is read.
    var collected = CollectedFeedback()

    /// Collective.
    /// - Parameters:
    ///   - allreduce: how gradients are summed.
    ///   - channel: the channel of the exchange.
    ///   - regions: further memory that the ranks of a host share.
    init(
        _ settings: UpdatePhase, number: Int, store: ParameterStore, communicator: Communicator, shards: Int,
        allreduce settingsOfExchange: AllreduceSettings, channel: Int, averaging: ParameterAveraging?,
        regions: [SharedRegion]
    ) throws {
        self.settings = settings
        range = store.phaseRanges[number]
        var exchange = settingsOfExchange
        let sums =
            exchange.format.hasResidual
            ? SparseSums(settings.optimizer, density: exchange.format.density) : nil
        if let momentum = sums?.momentum {
            exchange.hostMomentum = HostMomentum(
                decay: Float(momentum.decay), isNesterov: momentum.isNesterov)
        }
        let groups = ParameterGroup.groups(
            of: store, phase: number, settings, from: range.lowerBound, averaging)
        let tables = store.parameters.filter { $0.phase == number && $0.isSparse }
        let tableRange = store.sparseRanges[number]
        let layerwise = settings.optimizer as? any LayerwiseOptimizer
        // Norms need all sums when an update begins.
        if layerwise != nil, exchange.placement == .arriving { exchange.placement = .whole }
        let allreduce = try TreeAllreduce(
            communicator: communicator, shards: shards, gradientCount: range.count,
            statisticsCount: store.statisticsCount, recordByteCount: MemoryLayout<ShardRecord>.stride,
            regions: [SharedRegion("slice hashes", byteCount: communicator.localSize * 8)]
                + (0..<settings.optimizer.momentCount).map { SharedRegion(floatsOfPieces: "moment \($0)") }
                + (layerwise == nil
                    ? []
                    : [
                        SharedRegion(
                            "layers",
                            byteCount: max(
                                64, LayerTable.count(groups) * MemoryLayout<LayerSquares>.stride))
                    ])
                + SparseTables.regions(
                    tables, range: tableRange, localRanks: communicator.localSize,
                    moments: settings.optimizer.momentCount) + regions,
            settings: exchange, channel: channel)
        self.allreduce = allreduce
        // A single host sends nothing.
        let topK = allreduce.residual == nil ? nil : sums
        self.topK = topK
        optimizer = topK?.optimizer ?? settings.optimizer
        layers = layerwise.map { optimizer in
            let memory = allreduce.region("layers").assumingMemoryBound(to: LayerSquares.self)
            return (optimizer, LayerTable(groups, memory: memory))
        }
        self.groups = topK.map { topK in groups.map(topK.adapted) } ?? groups
        self.tables =
            tables.isEmpty
            ? nil
            : SparseTables(
                tables.map { ($0, ParameterGroup(of: $0, settings, from: $0.offset, averaging)) },
                range: tableRange, optimizer: settings.optimizer, communicator: communicator,
                allreduce: allreduce)
        readiness = ReadyPrefix(store: store, phase: number)
        pieceOffsets = allreduce.pieceOffsets
        sliceHashes = allreduce.region("slice hashes").assumingMemoryBound(to: UInt64.self)
        moments = (0..<settings.optimizer.momentCount).map {
            allreduce.region("moment \($0)").assumingMemoryBound(to: Float.self)
        }
        let first = communicator.rank - allreduce.nodeRank
        hostShards =
            allreduce.plan.block(of: first)
            .lowerBound..<allreduce.plan.block(
                of: first + allreduce.nodeSize - 1
            ).upperBound
    }

    /// The sum of the squares of all summed gradients.
    var squareSum: Double {
        let sum = allreduce.squareSum()
        return tables.map { sum + $0.squareSum } ?? sum
    }

    /// Sets the hash of the phase's parameters from those of the slices.
    func foldHashes() {
        hash = tables?.hash ?? 0
        for rank in 0..<allreduce.nodeSize { hash &+= sliceHashes[rank] }
    }

    /// Folds the records of shards after an exchange.
    func foldedRecords(_ shards: Range<Int>) -> ShardRecord {
        ReductionPlan.folded(shards, { allreduce.record($0).load(as: ShardRecord.self) }, +)
    }
}
