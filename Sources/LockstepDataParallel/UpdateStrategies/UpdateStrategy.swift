import LockstepCollectives
import LockstepOptimizers

/// What happens after the exchange of a step: which rank updates what, how all hosts get the parameters, and where moments are.
///
/// There is one object for each phase. Every rank calls the same methods in the same order: `apply` (if the step is applied), a
/// barrier of the host, `deliver`, then `complete` (if it is applied). A step allocates nothing.
protocol UpdateStrategy: AnyObject {
    /// The phase that is updated.
    var phase: PhaseState { get }
    /// The parameters.
    var memory: TrainingMemory { get }

    /// The weight that this host's sums are divided by.
    /// - Parameter total: the record of all shards.
    func weight(of total: ShardRecord) -> Double

    /// Whether each host has the norm of its own gradients: hosts then disagree on whether it is finite.
    var hasOwnNorm: Bool { get }

    /// Updates what this rank can update when an exchange ends.
    func apply(_ update: UpdateStep)

    /// Sends what other hosts need, and receives it from them.
    /// - Parameter update: the update in progress; nil if the step is not applied.
    func deliver(_ update: UpdateStep?) throws

    /// Ends an applied step.
    func complete()

    // MARK: Parameters in transit

    /// Whether parameters may still be in transit.
    var isArriving: Bool { get }

    /// Whether parameters have arrived. Elements are counted from the start of the phase.
    func hasArrived(_ range: Range<Int>) -> Bool

    /// Waits until parameters have arrived.
    func wait(for range: Range<Int>) throws

    /// Waits until all parameters have arrived, and sets the phase's hash.
    func waitForAll() throws

    // MARK: Hosts that differ

    /// Whether hosts average their parameters after so many steps.
    func isAverageDue(after steps: Int) -> Bool

    /// Whether all hosts have the same parameters (and moments).
    func areHostsEqual(includingMoments: Bool) -> Bool

    /// Averages parameters (and moments) over the hosts. Collective.
    func average(includingMoments: Bool) throws

    /// Notes that all hosts have received the same parameters and moments.
    func noteEqualHosts()

    // MARK: Moments for checkpoints

    /// Whether a host has a part of the moments only.
    var hasPartsOfMoments: Bool { get }

    /// A moment of all parameters of the phase; nil where this rank has none. Shape: [phase.range.count].
    func wholeMoment(_ index: Int) -> UnsafeMutablePointer<Float>?

    /// Makes memory for whole moments where hosts have parts of them, filled with zeros, on the rank that calls it.
    func prepareMoments()

    /// Copies parts of moments from all hosts into whole ones. Collective.
    /// - Parameter whole: the buffer of a moment; nil on other ranks than rank 0.
    func collectMoments(into whole: (Int) -> UnsafeMutablePointer<Float>?) throws

    /// Gives every host its parts of rank 0's whole moments. Collective; nothing where hosts have whole ones.
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

    /// Updates this rank's pieces, and notes their hash.
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
