import LockstepOptimizers

extension DataParallel {
    /// Decides from the exchanged records and norms, and updates. Every rank comes to the same decision from the same numbers.
    func finish(learningRate: Double) throws -> StepOutcome {
        timeline?.begin(.update)
        let total = foldedRecords(0..<configuration.shards)
        noteRankTimes()
        guard total.weight > 0 || total.flags.contains(.nonFiniteLoss) else {
            throw DataParallelError.weightless(step: step + 1)
        }
        // Hosts that update on their own divide by the weight of their own samples.
        let weight = isLocal ? foldedRecords(hostShards).weight : total.weight
        // Of sums of several steps' gradients the norm that a step's would have, if they agree; clipping by value likewise.
        let sparseScale = (sparse?.squareShare ?? 1).squareRoot()
        let norm = weight > 0 ? allreduce.squareSum().squareRoot() / weight * sparseScale : 0
        var outcome = StepOutcome(
            loss: total.lossSum / total.weight, lossSum: total.lossSum, weight: total.weight,
            metricSums: total.metricSums, samples: Int(total.samples), gradientNorm: norm, flags: total.flags,
            isApplied: norm.isFinite && !total.flags.contains(.nonFiniteLoss))
        if isLocal && !total.flags.contains(.nonFiniteLoss) && !norm.isFinite {
            // The others learn of it in the next step, and do not apply that.
            pendingFlags.insert(.nonFiniteLoss)
            outcome.isApplied = true
        }
        guard outcome.isApplied else {
            outcome.flags.insert(.nonFiniteLoss)
            self.update = nil
            allreduce.groupBarrier()
            try deliver()
            return outcome
        }
        var update = UpdateStep(
            number: step + 1, learningRate: learningRate, gradientScale: weight > 0 ? 1 / weight : 0,
            l1: configuration.l1, l2: configuration.l2, sparse: sparse)
        update.clipCoefficient = configuration.clipping.coefficient(norm: norm)
        update.clipValue = configuration.clipping.limit / sparseScale
        self.update = update
        memory.sliceHashes[allreduce.groupRank] = 0
        if pendingFlags.isEmpty && (!allreduce.isInParts || isSharded) { applyUpdate(update) }
        if allreduce.groupRank == 0 { store.updateStatistics(from: allreduce.statisticsSum) }
        allreduce.groupBarrier()
        try deliver()
        step += 1
        parameterVersion += 1
        if isLocal {
            isSynchronized = false
            areMomentsSynchronized = false
            allreduce.parameterHash = 0
            if let interval = configuration.averagingInterval, step % interval == 0 { try synchronize() }
        } else if !allreduce.isInParts {
            allreduce.parameterHash = memory.hash(ranks: allreduce.groupSize)
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
        try average(memory.parameters)
        if includingMoments {
            for moment in memory.moments { try average(moment) }
            areMomentsSynchronized = true
        }
        refreshSlice()
        allreduce.groupBarrier()
        allreduce.parameterHash = memory.hash(ranks: allreduce.groupSize)
        isSynchronized = true
        parameterVersion += 1
    }

    private func average(_ buffer: UnsafeMutablePointer<Float>) throws {
        try allreduce.sumOverGroups(buffer)
        let scale = 1 / Float(allreduce.groupCount)
        for index in allreduce.slice { buffer[index] *= scale }
        allreduce.groupBarrier()
    }

    private func applyUpdate(_ update: UpdateStep) {
        let isHashed = allreduce.groupCount > 1 && !isLocal
        var hash: UInt64 = 0
        for index in allreduce.pieces.indices {
            let piece = allreduce.pieces[index]
            let buffers = memory.buffers(
                gradients: allreduce.sum, momentShift: piece.lowerBound - pieceOffsets[index])
            hash &+= optimizer.update(piece, buffers, groups: groups, update, isHashed: isHashed)
        }
        memory.sliceHashes[allreduce.groupRank] = hash
    }

    /// After parameters have been averaged: this rank's slice of the bfloat16 copy, and its hash.
    private func refreshSlice() {
        memory.buffers(gradients: allreduce.sum, momentShift: 0).round(allreduce.slice)
        memory.sliceHashes[allreduce.groupRank] = FlatBuffers.hash(memory.parameters, allreduce.slice)
    }

    /// Whether hosts update on their own.
    var isLocal: Bool { configuration.averagingInterval != nil && allreduce.groupCount > 1 }

    /// The shards of this host's ranks.
    private var hostShards: Range<Int> {
        let first = allreduce.plan.block(of: communicator.rank - allreduce.groupRank)
        let last = allreduce.plan.block(of: communicator.rank - allreduce.groupRank + allreduce.groupSize - 1)
        return first.lowerBound..<last.upperBound
    }

    private func noteRankTimes() {
        rankTimes.clear()
        for rank in 0..<communicator.size {
            for shard in allreduce.plan.block(of: rank) {
                let record = allreduce.record(shard).load(as: ShardRecord.self)
                rankTimes.add(
                    rank: rank, loadSeconds: record.loadSeconds, computeSeconds: record.computeSeconds)
            }
        }
        rankTimes.endStep()
    }

    private func foldedRecords(_ shards: Range<Int>) -> ShardRecord {
        ShardRecord.folded(shards) { allreduce.record($0).load(as: ShardRecord.self) }
    }
}
