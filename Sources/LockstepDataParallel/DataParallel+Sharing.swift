import LockstepAutograd
import LockstepCollectives
import LockstepOptimizers

extension DataParallel {
    /// Draws the initial parameters on one rank, and broadcasts them to all hosts. Collective.
    public func initialize(seed: UInt64) throws {
        if communicator.rank == 0 { store.initialize(seed: seed) }
        for phase in phases where phase.allreduce.nodeRank == 0 {
            for moment in phase.moments {
                moment.update(
                    repeating: phase.settings.optimizer.initialMoment,
                    count: phase.allreduce.pieceElementCount)
            }
            phase.allreduce.residual?.update(repeating: 0, count: phase.allreduce.feedbackCount)
            phase.tables?.resetMoments()
        }
        try shareInitialParameters()
    }

    /// Gives every host a copy of the parameters and running statistics that rank 0 has written after `initialize` and before
    /// the first step. Averages begin with these parameters. Collective.
    public func shareInitialParameters() throws {
        if communicator.rank == 0 {
            memory.averages?.update(from: memory.parameters, count: store.denseCount)
        }
        try shareState(updates: phases.map { _ in 0 }, parametersOnly: true)
    }

    /// Broadcasts rank 0's parameters, averages, moments and running statistics to all hosts. Collective.
    /// - Parameters:
    ///   - updates: the number of updates of each phase so far.
    ///   - parametersOnly: whether moments are already equal.
    public func shareState(updates: [Int], parametersOnly: Bool = false) throws {
        // Release what was read for other hosts.
        defer { for phase in phases { phase.collected.release() } }
        try communicator.barrier()
        if allreduce.nodeCount > 1 {
            // All ranks take part; ranks that share memory receive the same bytes in the same place in turn.
            try broadcast(memory.parameters, count: store.flatCount)
            if let averages = memory.averages { try broadcast(averages, count: store.denseCount) }
            try communicator.broadcast(
                UnsafeMutableRawBufferPointer(start: memory.state, count: max(64, store.stateByteCount)))
            if !parametersOnly {
                for strategy in strategies {
                    try shareMoments(of: strategy)
                    try shareFeedback(of: strategy.phase)
                    if let tables = strategy.phase.tables {
                        for moment in tables.moments { try broadcast(moment, count: tables.range.count) }
                    }
                }
            }
        }
        try communicator.barrier()
        step = updates.reduce(0, +)
        for (phase, count) in zip(phases, updates) { phase.updates = count }
        memory.sliceFaults[memory.rank] = 0
        noteNewParameters()
        for strategy in strategies { strategy.noteEqualHosts() }
    }

    /// Updates what depends on the parameters after they have been written: bfloat16 copies, hashes, the
    /// version. Every rank of a host calls it.
    func noteNewParameters() {
        parameterVersion += 1
        if memory.rank == 0 { store.refreshRounded() }
        for phase in phases {
            phase.sliceHashes[phase.allreduce.nodeRank] = FlatBuffers.hash(
                memory.parameters + phase.range.lowerBound, phase.allreduce.slice)
            phase.tables?.hashAll(memory.parameters)
            phase.allreduce.nodeBarrier()
            phase.foldHashes()
        }
    }

    private func shareMoments(of strategy: any UpdateStrategy) throws {
        try strategy.distributeMoments()
        guard !strategy.hasPartsOfMoments else { return }
        for moment in strategy.phase.moments { try broadcast(moment, count: strategy.phase.range.count) }
    }

    private func shareFeedback(of phase: PhaseState) throws {
        let allreduce = phase.allreduce
        guard allreduce.residual != nil else { return }
        if communicator.rank == 0 {
            phase.collected.fold(into: allreduce.nodeCount, count: phase.range.count)
        }
        try allreduce.distributeResiduals(phase.collected.residuals)
    }

    private func broadcast(_ buffer: UnsafeMutablePointer<Float>, count: Int) throws {
        try communicator.broadcast(UnsafeMutableRawBufferPointer(start: buffer, count: count * 4))
    }
}
