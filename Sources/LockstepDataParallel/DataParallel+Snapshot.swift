import LockstepAutograd
import LockstepCollectives
import LockstepContracts

extension DataParallel {
    /// Allocates the memory for copies of the state, before the first `collectState`. Collective.
    /// - Throws: `CollectiveError`.
    public func reserveSnapshot() throws {
        guard snapshot == nil else { return }
        snapshot = try StateSnapshot(
            communicator: communicator, allreduce: allreduce, flatCount: store.flatCount,
            denseCount: store.denseCount,
            stateByteCount: store.stateByteCount, momentCount: phases.map(\.moments.count).max() ?? 0,
            areMomentsReceived: strategies[0].hasPartsOfMoments, hasAverages: memory.averages != nil,
            residualCount: allreduce.residual == nil ? 0 : allreduce.nodeCount,
            feedbackCount: allreduce.feedbackCount)
    }

    /// Copies this host's state, every rank its slice; rank 0 also receives that of other hosts. Collective.
    func copyState() throws {
        // Rank 0 arrives when the writer has finished with the last copy.
        allreduce.nodeBarrier()
        timeline?.heartbeat?.enter(.checkpoint)
        if let copies = snapshot?.copies {
            copy(memory.parameters, to: copies.parameters, copies.slice)
            if let averages = memory.averages, let copied = copies.averages {
                copy(averages, to: copied, copies.slice.clamped(to: 0..<store.denseCount))
            }
            for strategy in strategies where !strategy.hasPartsOfMoments {
                let phase = strategy.phase
                let (start, slice) = (phase.range.lowerBound, copies.slice.clamped(to: phase.range))
                for (moment, copied) in zip(phase.moments, copies.moments) {
                    copy(moment - start, to: copied, slice)
                }
            }
            for tables in phases.compactMap(\.tables) {
                let slice = copies.slice.clamped(to: tables.range)
                for (moment, copied) in zip(tables.moments, copies.moments) {
                    copy(moment - tables.range.lowerBound, to: copied, slice)
                }
            }
            if communicator.rank == 0 {
                copies.state.copyMemory(from: memory.state, byteCount: store.stateByteCount)
            }
        }
        try receiveState()
        allreduce.nodeBarrier()
    }

    /// The number of bytes that this rank copies for a checkpoint.
    package var copiedByteCount: Int {
        guard let slice = snapshot?.copies?.slice else { return 0 }
        let moments = strategies.reduce(0) { sum, strategy in
            let copied = slice.clamped(to: strategy.phase.range).count
            return sum + (strategy.hasPartsOfMoments ? 0 : strategy.phase.moments.count * copied)
        }
        let ofTables = phases.reduce(0) { sum, phase in
            sum + (phase.tables.map { $0.moments.count * slice.clamped(to: $0.range).count } ?? 0)
        }
        let averages = memory.averages == nil ? 0 : slice.clamped(to: 0..<store.denseCount).count
        return 4 * (slice.count + averages + moments + ofTables)
    }

    private func copy(
        _ source: UnsafeMutablePointer<Float>, to destination: UnsafeMutablePointer<Float>,
        _ slice: Range<Int>
    ) {
        UnsafeMutableRawPointer(destination + slice.lowerBound).copyMemory(
            from: source + slice.lowerBound, byteCount: slice.count * 4)
    }

    private func receiveState() throws {
        let copies = communicator.rank == 0 ? snapshot?.copies : nil
        for strategy in strategies {
            try strategy.collectMoments { index in
                copies.map { $0.moments[index] + strategy.phase.range.lowerBound }
            }
        }
        if allreduce.residual != nil { try allreduce.collectResiduals(into: copies?.residuals ?? []) }
    }

    /// The tensors of the last copy, which rank 0 writes. Traps on ranks without one.
    public var copiedState: (model: [StateTensor], optimizer: [StateTensor]) {
        guard let copies = snapshot?.copies else { brokenContract("DataParallel: no copy of the state") }
        let (first, bytes) = (UnsafeMutableRawPointer(memory.parameters), store.flatCount * 4)
        let model = store.modelState.map { tensor in
            let isParameter = tensor.address >= first && tensor.address < first + bytes
            return isParameter
                ? tensor.moved(from: first, to: copies.parameters)
                : tensor.moved(from: memory.state, to: copies.state)
        }
        let optimizer =
            momentTensors { copies.moments[$2] + $0.offset } + averageTensors(copies.averages)
            + feedbackTensors(copies.residuals, hasVelocities: allreduce.velocity != nil)
        return (model, optimizer)
    }
}

extension StateTensor {
    /// The same tensor in a copy of its memory.
    fileprivate func moved(
        from start: UnsafeMutableRawPointer, to copy: UnsafeMutableRawPointer
    ) -> StateTensor {
        StateTensor(name: name, shape: shape, address: copy + (address - start), isInteger: isInteger)
    }
}
