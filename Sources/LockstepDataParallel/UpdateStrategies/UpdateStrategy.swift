import LockstepCollectives
import LockstepOptimizers

/// The part of a step after the exchange: which rank updates which parameters, how all hosts receive them,
/// and where moments are.
///
/// There is one object per phase. All ranks call the same methods in the same order: `apply` (if the step is
/// applied), a barrier of the host, `deliver`, then `complete` (if applied). A step does not allocate.
protocol UpdateStrategy: AnyObject {
    /// The phase.
    var phase: PhaseState { get }
    /// The parameters.
    var memory: TrainingMemory { get }

    /// The divisor of this host's sums.
    /// - Parameter total: the record of all shards.
    func weight(of total: ShardRecord) -> Double

    /// Whether each host has the norm of its gradients, so that hosts may disagree on whether it is finite.
    var hasOwnNorm: Bool { get }

    /// Updates the parameters that this rank can update right after an exchange.
    func apply(_ update: UpdateStep)

    /// Exchanges data with other hosts.
    /// - Parameter update: the update in progress; nil if the step is not applied.
    func deliver(_ update: UpdateStep?) throws

    /// Ends an applied step.
    func complete()

    // MARK: Parameters in transit

    /// Whether parameters may still be in transit.
    var isArriving: Bool { get }

    /// Whether a range of parameters has arrived, counted from the start of the phase.
    func hasArrived(_ range: Range<Int>) -> Bool

    /// Waits until a range of parameters has arrived.
    func wait(for range: Range<Int>) throws

    /// Waits until all parameters have arrived, and sets the phase's hash.
    func waitForAll() throws

    // MARK: Differences between hosts

    /// Whether hosts average their parameters after this number of steps.
    func isAverageDue(after steps: Int) -> Bool

    /// Whether all hosts have the same parameters (and moments).
    func areHostsEqual(includingMoments: Bool) -> Bool

    /// Averages parameters (and moments) over the hosts. Collective.
    func average(includingMoments: Bool) throws

    /// Records that all hosts have received the same parameters and moments.
    func noteEqualHosts()

    // MARK: Moments for checkpoints

    /// Whether each host has only part of the moments.
    var hasPartsOfMoments: Bool { get }

    /// A moment of all parameters of the phase; nil if this rank has none. Shape: [phase.range.count].
    func wholeMoment(_ index: Int) -> UnsafeMutablePointer<Float>?

    /// Allocates zeroed memory for whole moments on the calling rank, if hosts have parts of them.
    func prepareMoments()

    /// Gathers parts of moments from all hosts into whole ones. Collective.
    /// - Parameter whole: the buffer of a moment; nil except on rank 0.
    func collectMoments(into whole: (Int) -> UnsafeMutablePointer<Float>?) throws

    /// Scatters the parts of rank 0's whole moments to the hosts. Collective; does nothing if hosts have
    /// whole moments.
    func distributeMoments() throws
}

extension UpdateStrategy {
    var allreduce: TreeAllreduce { phase.allreduce }

    func weight(of total: ShardRecord) -> Double { total.weight }
    var hasOwnNorm: Bool { false }
    func deliver(_ update: UpdateStep?) throws {}
    func complete() { phase.foldHashes() }

    var isArriving: Bool { false }
    func hasArrived(_ range: Range<Int>) -> Bool { true }
    func wait(for range: Range<Int>) throws {}
    func waitForAll() throws {}

    func isAverageDue(after steps: Int) -> Bool { false }
    func areHostsEqual(includingMoments: Bool) -> Bool { true }
    func average(includingMoments: Bool) throws {}
    func noteEqualHosts() {}

    var hasPartsOfMoments: Bool { false }
    func wholeMoment(_ index: Int) -> UnsafeMutablePointer<Float>? { phase.moments[index] }
    func prepareMoments() {}
    func collectMoments(into whole: (Int) -> UnsafeMutablePointer<Float>?) throws {}
    func distributeMoments() throws {}

    /// Updates this rank's pieces, and stores their hash.
    func updatePieces(_ update: UpdateStep, isHashed: Bool) {
        if let layers = phase.layers {
            layers.table.measure(
                allreduce.slice, by: layers.optimizer, memory.buffers(phase, momentShift: 0),
                groups: phase.groups, update)
            allreduce.nodeBarrier()
            allreduce.timeline?.begin(.update)
        }
        var hash: UInt64 = 0
        for index in allreduce.pieces.indices {
            let piece = allreduce.pieces[index]
            let buffers = memory.buffers(phase, momentShift: piece.lowerBound - phase.pieceOffsets[index])
            let result = phase.optimizer.update(
                piece, buffers, groups: phase.groups, update, isHashed: isHashed,
                layers: phase.layers?.table)
            hash &+= result.hash
            memory.note(result)
        }
        phase.sliceHashes[allreduce.nodeRank] = hash
    }
}
