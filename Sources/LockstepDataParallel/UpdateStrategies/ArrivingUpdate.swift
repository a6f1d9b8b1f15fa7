import LockstepOptimizers

/// Several hosts and so many parameters that sums arrive during the next forward pass: each stripe is updated
/// when its sums have arrived.
final class ArrivingUpdate: UpdateStrategy {
    let phase: PhaseState
    let memory: TrainingMemory
    private let arrival: Arrival
    /// Created once, since a step does not allocate.
    private lazy var take: (Range<Int>, Range<Int>) -> Void = { [unowned self] stripe, _ in
        guard let update = arrival.update else { return }
        let result = phase.optimizer.update(
            stripe, memory.buffers(phase, momentShift: 0), groups: phase.groups, update)
        memory.note(result)
        arrival.addHash(result.hash)
    }

    init(_ phase: PhaseState, _ memory: TrainingMemory) {
        self.phase = phase
        self.memory = memory
        arrival = Arrival(phase)
    }

    func apply(_ update: UpdateStep) { phase.sliceHashes[allreduce.nodeRank] = 0 }

    func deliver(_ update: UpdateStep?) throws { try arrival.begin(update, sending: nil, take) }

    func complete() {}

    var isArriving: Bool { arrival.isUnderWay }
    func hasArrived(_ range: Range<Int>) -> Bool { allreduce.isDelivered(range) }
    func wait(for range: Range<Int>) throws { try allreduce.waitForDelivery(of: range) }
    func waitForAll() throws { try arrival.wait() }
}
