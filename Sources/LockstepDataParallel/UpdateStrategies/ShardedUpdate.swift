import LockstepOptimizers

/// Sharded optimizer: each host has the sums and moments of its parts, updates them, and sends the parameters
/// to the others, where they arrive during the next forward pass.
final class ShardedUpdate: UpdateStrategy {
    let phase: PhaseState
    let memory: TrainingMemory
    private let arrival: Arrival
    /// Whole moments, on rank 0 between `prepareMoments` and `distributeMoments`.
    private var whole: [UnsafeMutablePointer<Float>] = []
    /// Created once, since a step does not allocate.
    private lazy var take: (Range<Int>, Range<Int>) -> Void = { [unowned self] stripe, own in
        guard let update = arrival.update else { return }
        // The host's part was updated, rounded, averaged and hashed before it was sent.
        takeParameters(stripe.lowerBound..<own.lowerBound, update)
        takeParameters(own.upperBound..<stripe.upperBound, update)
    }

    init(_ phase: PhaseState, _ memory: TrainingMemory) {
        self.phase = phase
        self.memory = memory
        arrival = Arrival(phase)
    }

    deinit { releaseMoments() }

    func apply(_ update: UpdateStep) { updatePieces(update, isHashed: true) }

    func deliver(_ update: UpdateStep?) throws {
        try arrival.begin(update, sending: memory.parameters + phase.range.lowerBound, take)
    }

    func complete() {}

    /// Handles parameters updated by other hosts: their bfloat16 copy, average and hash.
    private func takeParameters(_ part: Range<Int>, _ update: UpdateStep) {
        let buffers = memory.buffers(phase, momentShift: 0)
        buffers.round(part)
        for group in phase.groups where group.isAveraged {
            buffers.average(group.range.clamped(to: part), update)
        }
        arrival.addHash(FlatBuffers.hash(buffers.parameters, part))
    }

    var isArriving: Bool { arrival.isUnderWay }
    func hasArrived(_ range: Range<Int>) -> Bool { allreduce.isDelivered(range) }
    func wait(for range: Range<Int>) throws { try allreduce.waitForDelivery(of: range) }
    func waitForAll() throws { try arrival.wait() }

    // MARK: Moments for checkpoints

    var hasPartsOfMoments: Bool { true }

    func wholeMoment(_ index: Int) -> UnsafeMutablePointer<Float>? {
        index < whole.count ? whole[index] : nil
    }

    func prepareMoments() {
        releaseMoments()
        let count = phase.range.count
        whole = phase.moments.map { _ in
            let buffer = UnsafeMutablePointer<Float>.allocate(capacity: count)
            buffer.initialize(repeating: 0, count: count)
            return buffer
        }
    }

    func collectMoments(into whole: (Int) -> UnsafeMutablePointer<Float>?) throws {
        for (index, moment) in phase.moments.enumerated() {
            try allreduce.collectPieces(moment, into: whole(index))
        }
    }

    func distributeMoments() throws {
        for (index, moment) in phase.moments.enumerated() {
            try allreduce.distributePieces(of: wholeMoment(index), into: moment)
        }
        releaseMoments()
    }

    private func releaseMoments() {
        for buffer in whole { buffer.deallocate() }
        whole = []
    }
}
