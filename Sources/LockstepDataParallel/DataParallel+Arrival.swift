import LockstepAutograd
import LockstepOptimizers
import LockstepTimeline

/// The end of an update that reaches into the next step: sums of gradients, or with `shard_optimizer` new parameters, arrive from
/// other hosts while the next forward pass is under way. It waits for a parameter where it reads it first.
extension DataParallel: ParameterGate {
    /// Lets what this host has go to the others, and takes what arrives.
    func deliver() throws {
        guard allreduce.isInParts else { return }
        isArriving = true
        try allreduce.deliver(isSharded ? memory.parameters : nil, takeArrived)
    }

    /// A segment has arrived. One rank of a host takes it, on its communication thread or in one of the waits here.
    func take(_ segment: Range<Int>, own: Range<Int>) {
        guard let update else { return }
        var hash: UInt64 = 0
        let buffers = memory.buffers(gradients: allreduce.sum, momentShift: 0)
        if isSharded {
            // The own part has been updated, rounded and hashed before it went to the others.
            for part in [segment.lowerBound..<own.lowerBound, own.upperBound..<segment.upperBound] {
                buffers.round(part)
                hash &+= FlatBuffers.hash(memory.parameters, part)
            }
        } else {
            let result = optimizer.update(segment, buffers, groups: groups, update)
            hash = result.hash
            note(result)
        }
        memory.sliceHashes[allreduce.groupRank] &+= hash
    }

    public func wait(for parameter: Parameter) throws {
        let range = parameter.offset..<parameter.offset + parameter.elementCount
        guard isArriving, !allreduce.isDelivered(range) else { return }
        try waiting { try allreduce.waitForDelivery(of: range) }
    }

    public func waitForAll() throws {
        guard isArriving else { return }
        try waiting { try allreduce.waitForDelivery() }
        isArriving = false
        // Whoever updated parameters has hashed them.
        allreduce.parameterHash = memory.hash(ranks: allreduce.groupSize)
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
