import LockstepOptimizers

/// Local SGD: each host updates its copy with the average gradient of its samples, and hosts average their
/// copies after every `interval` steps.
final class LocalUpdate: UpdateStrategy {
    let phase: PhaseState
    let memory: TrainingMemory
    private let interval: Int
    private var areParametersEqual = true
    private var areMomentsEqual = true

    init(_ phase: PhaseState, _ memory: TrainingMemory, interval: Int) {
        self.phase = phase
        self.memory = memory
        self.interval = interval
    }

    func weight(of total: ShardRecord) -> Double { phase.foldedRecords(phase.hostShards).weight }

    var hasOwnNorm: Bool { true }

    func apply(_ update: UpdateStep) { updatePieces(update, isHashed: false) }

    func complete() { (areParametersEqual, areMomentsEqual) = (false, false) }

    func isAverageDue(after steps: Int) -> Bool { steps % interval == 0 }

    func areHostsEqual(includingMoments: Bool) -> Bool {
        areParametersEqual && (!includingMoments || areMomentsEqual)
    }

    func noteEqualHosts() { (areParametersEqual, areMomentsEqual) = (true, true) }

    func average(includingMoments: Bool) throws {
        let start = phase.range.lowerBound
        try average(memory.parameters + start)
        if let averages = memory.averages { try average(averages + start) }
        if includingMoments {
            for moment in phase.moments { try average(moment) }
            areMomentsEqual = true
        }
        areParametersEqual = true
        let (buffers, slice) = (memory.buffers(phase, momentShift: 0), allreduce.slice)
        buffers.round(slice)
        phase.sliceHashes[allreduce.nodeRank] = FlatBuffers.hash(buffers.parameters, slice)
        allreduce.nodeBarrier()
        phase.foldHashes()
    }

    private func average(_ buffer: UnsafeMutablePointer<Float>) throws {
        try allreduce.sumOverNodes(buffer)
        let scale = 1 / Float(allreduce.nodeCount)
        for index in allreduce.slice { buffer[index] *= scale }
        allreduce.nodeBarrier()
    }
}
