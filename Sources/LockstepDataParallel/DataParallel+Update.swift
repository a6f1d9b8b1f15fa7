import LockstepOptimizers

extension DataParallel {
    /// Decides from the exchanged records and norms, and updates. Every rank comes to the same decision from the same numbers.
    func finish(_ number: Int, learningRate: Double) throws -> StepOutcome {
        let phase = phases[number]
        let (allreduce, settings) = (phase.allreduce, phase.settings)
        timeline?.begin(.update)
        let total = foldedRecords(0..<configuration.shards, of: phase)
        noteRankTimes(of: phase)
        guard total.weight > 0 || total.flags.contains(.nonFiniteLoss) else {
            throw DataParallelError.weightless(step: step + 1)
        }
        // Hosts that update on their own divide by the weight of their own samples.
        let weight = isLocal ? foldedRecords(hostShards, of: phase).weight : total.weight
        // Top-k sums span several steps; rescale the norm to one step, and the limit of clipping by value likewise.
        let sparseScale = (phase.sparse?.squareShare ?? 1).squareRoot()
        let norm = weight > 0 ? allreduce.squareSum().squareRoot() / weight * sparseScale : 0
        var outcome = StepOutcome(
            loss: total.lossSum / total.weight, lossSum: total.lossSum, weight: total.weight,
            metricSums: total.metricSums, samples: Int(total.samples), gradientNorm: norm, flags: total.flags,
            isApplied: norm.isFinite
                && total.flags.isDisjoint(with: [.nonFiniteLoss, .nonFiniteParameters]))
        if isLocal && total.flags.isDisjoint(with: [.nonFiniteLoss, .nonFiniteParameters]) && !norm.isFinite {
            // The others learn of it in the next step, and do not apply that.
            pendingFlags.insert(.nonFiniteLoss)
            outcome.isApplied = true
        }
        guard outcome.isApplied else {
            if !norm.isFinite { outcome.flags.insert(.nonFiniteLoss) }
            phase.update = nil
            allreduce.groupBarrier()
            try deliver(phase)
            return outcome
        }
        var update = UpdateStep(
            number: phase.updates + 1, learningRate: learningRate, gradientScale: weight > 0 ? 1 / weight : 0,
            l1: settings.l1, l2: settings.l2, sparse: phase.sparse)
        update.clipCoefficient = settings.clipping.coefficient(norm: norm)
        update.clipValue = settings.clipping.limit / sparseScale
        update.averageDecay = configuration.parameterAveraging?.decay ?? 0
        phase.update = update
        phase.sliceHashes[allreduce.groupRank] = 0
        if pendingFlags.isEmpty && (!allreduce.isInParts || phase.isSharded) { apply(update, of: phase) }
        if allreduce.groupRank == 0 { store.updateStatistics(from: allreduce.statisticsSum) }
        allreduce.groupBarrier()
        try deliver(phase)
        phase.updates += 1
        step += 1
        parameterVersion += 1
        if isLocal {
            isSynchronized = false
            areMomentsSynchronized = false
            if let interval = configuration.averagingInterval, step % interval == 0 { try synchronize() }
        } else if !allreduce.isInParts {
            phase.foldHashes()
        } else if !allreduce.settings.overlapsBackward {
            try finishUpdate()
        }
        return outcome
    }

    /// Makes the parameters of all hosts whole and equal: waits for what is on its way, and averages where hosts have updated on
    /// their own since the last time. Collective; to be called before parameters are read by others than steps: for an
    /// evaluation, a checkpoint, at the end.
    /// - Parameter includingMoments: whether the optimizer's moments are averaged as well: a resumed run then goes on
    ///   like one that was not interrupted.
    public func synchronize(includingMoments: Bool = false) throws {
        try finishUpdate()
        guard isLocal, !isSynchronized || (includingMoments && !areMomentsSynchronized) else { return }
        for phase in phases {
            try average(memory.parameters + phase.range.lowerBound, of: phase)
            if let averages = memory.averages { try average(averages + phase.range.lowerBound, of: phase) }
            if includingMoments {
                for moment in phase.moments { try average(moment, of: phase) }
            }
            refreshSlice(of: phase)
            phase.allreduce.groupBarrier()
            phase.foldHashes()
        }
        if includingMoments { areMomentsSynchronized = true }
        isSynchronized = true
        parameterVersion += 1
    }

    /// Updates the bfloat16 copies of the moving averages, for passes that read them. Collective; parameters are synchronized.
    public func refreshAverages() {
        guard let averages = memory.averages, let rounded = memory.roundedAverages else { return }
        for phase in phases {
            let slice = phase.allreduce.slice
            let first = phase.range.lowerBound + slice.lowerBound
            FlatBuffers.round(averages + first, to: rounded + first, count: slice.count)
            phase.allreduce.groupBarrier()
        }
    }

    private func average(_ buffer: UnsafeMutablePointer<Float>, of phase: PhaseState) throws {
        let allreduce = phase.allreduce
        try allreduce.sumOverGroups(buffer)
        let scale = 1 / Float(allreduce.groupCount)
        for index in allreduce.slice { buffer[index] *= scale }
        allreduce.groupBarrier()
    }

    private func apply(_ update: UpdateStep, of phase: PhaseState) {
        let allreduce = phase.allreduce
        let isHashed = allreduce.groupCount > 1 && !isLocal
        var hash: UInt64 = 0
        for index in allreduce.pieces.indices {
            let piece = allreduce.pieces[index]
            let buffers = memory.buffers(phase, momentShift: piece.lowerBound - phase.pieceOffsets[index])
            let result = phase.optimizer.update(
                piece, buffers, groups: phase.groups, update, isHashed: isHashed)
            hash &+= result.hash
            note(result)
        }
        phase.sliceHashes[allreduce.groupRank] = hash
    }

    /// A parameter that is not finite is reported in the next step: all ranks then stop before its update.
    func note(_ result: UpdatedSlice) {
        if !result.isFinite { memory.sliceFaults[allreduce.groupRank] = 1 }
    }

    /// After parameters have been averaged: this rank's slice of the bfloat16 copy, and its hash.
    private func refreshSlice(of phase: PhaseState) {
        let (buffers, slice) = (memory.buffers(phase, momentShift: 0), phase.allreduce.slice)
        buffers.round(slice)
        phase.sliceHashes[phase.allreduce.groupRank] = FlatBuffers.hash(buffers.parameters, slice)
    }

    /// Whether hosts update on their own.
    var isLocal: Bool { configuration.averagingInterval != nil && allreduce.groupCount > 1 }

    /// The shards of this host's ranks.
    private var hostShards: Range<Int> {
        let first = allreduce.plan.block(of: communicator.rank - allreduce.groupRank)
        let last = allreduce.plan.block(of: communicator.rank - allreduce.groupRank + allreduce.groupSize - 1)
        return first.lowerBound..<last.upperBound
    }

    private func noteRankTimes(of phase: PhaseState) {
        rankTimes.clear()
        for rank in 0..<communicator.size {
            for shard in allreduce.plan.block(of: rank) {
                let record = phase.allreduce.record(shard).load(as: ShardRecord.self)
                rankTimes.add(
                    rank: rank, loadSeconds: record.loadSeconds, computeSeconds: record.computeSeconds)
            }
        }
        rankTimes.endStep()
    }

    private func foldedRecords(_ shards: Range<Int>, of phase: PhaseState) -> ShardRecord {
        ShardRecord.folded(shards) { phase.allreduce.record($0).load(as: ShardRecord.self) }
    }
}
