import LockstepAutograd
import LockstepOptimizers
import LockstepTimeline

/// The end of an update that reaches into the next step: sums of gradients, or with `shard_optimizer` new parameters, arrive from
/// other hosts while the next forward pass is under way. It waits for a parameter where it reads it first.
extension DataParallel: ParameterGate {
    /// Whether parameters of any phase may still be in transit.
    var isArriving: Bool {
        for phase in phases where phase.isArriving { return true }
        return false
    }

    /// Lets this host's part be sent to the others, and receives theirs.
    func deliver(_ phase: PhaseState) throws {
        guard phase.allreduce.isInParts else { return }
        phase.isArriving = true
        let number = phases.firstIndex { $0 === phase } ?? 0
        try phase.allreduce.deliver(
            phase.isSharded ? memory.parameters + phase.range.lowerBound : nil, takeArrived[number])
    }

    /// A segment has arrived. One rank of a host takes it, on its communication thread or in one of the waits here.
    func take(_ segment: Range<Int>, own: Range<Int>, of phase: PhaseState) {
        guard let update = phase.update else { return }
        var hash: UInt64 = 0
        let buffers = memory.buffers(phase, momentShift: 0)
        if phase.isSharded {
            // The host's own part was updated, rounded, averaged and hashed before it was sent to the others.
            for part in [segment.lowerBound..<own.lowerBound, own.upperBound..<segment.upperBound] {
                buffers.round(part)
                for group in phase.groups where group.isAveraged {
                    buffers.average(group.range.clamped(to: part), update)
                }
                hash &+= FlatBuffers.hash(buffers.parameters, part)
            }
        } else {
            let result = phase.optimizer.update(segment, buffers, groups: phase.groups, update)
            hash = result.hash
            note(result)
        }
        phase.sliceHashes[phase.allreduce.groupRank] &+= hash
    }

    public func wait(for parameter: Parameter) throws {
        guard let number = parameter.phase else { return }
        let phase = phases[number]
        let offset = parameter.offset - phase.range.lowerBound
        let range = offset..<offset + parameter.elementCount
        guard phase.isArriving, !phase.allreduce.isDelivered(range) else { return }
        try waiting { try phase.allreduce.waitForDelivery(of: range) }
    }

    public func waitForAll() throws {
        for phase in phases where phase.isArriving {
            try waiting { try phase.allreduce.waitForDelivery() }
            phase.isArriving = false
            // The ranks that updated parameters have hashed them.
            phase.foldHashes()
        }
    }

    /// Waits until this host has all parameters of the last update.
    func finishUpdate() throws { try waitForAll() }

    private func waiting(_ body: () throws -> Void) throws {
        let phase = timeline?.phase
        let begin = StepTimeline.now
        timeline?.begin(.wait, isMeeting: false)
        defer {
            waited += StepTimeline.now - begin
            if let phase { timeline?.begin(phase) }
        }
        try body()
    }
}
