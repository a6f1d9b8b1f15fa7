import LockstepAutograd
import LockstepCollectives
import LockstepOptimizers

extension DataParallel {
    /// Draws the initial parameters on one rank, and gives every host a copy. Collective.
    public func initialize(seed: UInt64) throws {
        if communicator.rank == 0 { store.initialize(seed: seed) }
        if allreduce.groupRank == 0 {
            for moment in memory.moments {
                moment.update(repeating: optimizer.initialMoment, count: allreduce.pieceElementCount)
            }
            allreduce.residual?.update(repeating: 0, count: allreduce.keptCount)
        }
        try shareState(step: 0, parametersOnly: true)
    }

    /// Gives every host a copy of rank 0's parameters, moments and running statistics. Collective.
    /// - Parameters:
    ///   - step: the number of updates that the state has seen.
    ///   - parametersOnly: whether moments are equal already.
    public func shareState(step: Int, parametersOnly: Bool = false) throws {
        // What was read for other hosts.
        defer { collected.release() }
        try communicator.barrier()
        if allreduce.groupCount > 1 {
            // Every rank takes part; ranks that share memory receive the same bytes into the same place one after the other.
            try broadcast(memory.parameters)
            try communicator.broadcast(
                UnsafeMutableRawBufferPointer(start: memory.state, count: max(64, store.stateByteCount)))
            if !parametersOnly { try shareOptimizerState() }
        }
        try communicator.barrier()
        self.step = step
        parameterVersion += 1
        if allreduce.groupRank == 0 { store.refreshRounded() }
        memory.sliceFaults[allreduce.groupRank] = 0
        memory.sliceHashes[allreduce.groupRank] = FlatBuffers.hash(memory.parameters, allreduce.slice)
        allreduce.groupBarrier()
        allreduce.parameterHash = memory.hash(ranks: allreduce.groupSize)
        isSynchronized = true
    }

    private func shareOptimizerState() throws {
        for (index, moment) in memory.moments.enumerated() {
            if isSharded {
                try allreduce.distributePieces(of: collected.moment(index), into: moment)
            } else {
                try broadcast(moment)
            }
        }
        if allreduce.residual != nil {
            if communicator.rank == 0 { collected.fold(into: allreduce.groupCount, count: store.flatCount) }
            try allreduce.distributeResiduals(collected.residuals)
        }
        collected.release()
    }

    private func broadcast(_ buffer: UnsafeMutablePointer<Float>) throws {
        try communicator.broadcast(
            UnsafeMutableRawBufferPointer(start: buffer, count: store.flatCount * 4))
    }

    /// Whether the moments of a parameter are on one host only.
    var isSharded: Bool { allreduce.settings.isScattered && allreduce.groupCount > 1 }
}
