import LockstepOptimizers

extension DataParallel {
    /// Decides from the exchanged records and norms whether to update, and updates. All ranks decide alike,
    /// from the same numbers.
    func finish(_ number: Int, learningRate: Double) throws -> StepOutcome {
        let (phase, strategy) = (phases[number], strategies[number])
        let (allreduce, settings) = (phase.allreduce, phase.settings)
        timeline?.begin(.update)
        let total = phase.foldedRecords(0..<configuration.shards)
        noteRankTimes(of: phase)
        guard total.weight > 0 || total.flags.contains(.nonFiniteLoss) else {
            throw DataParallelError.weightless(step: step + 1)
        }
        let weight = strategy.weight(of: total)
        // Top-k sums span several steps; rescale the norm to one step.
        let norm = weight > 0 ? phase.squareSum.squareRoot() / weight * (phase.topK?.scale ?? 1) : 0
        var outcome = StepOutcome(
            loss: total.lossSum / total.weight, lossSum: total.lossSum, weight: total.weight,
            metricSums: total.metricSums, samples: Int(total.samples), gradientNorm: norm, flags: total.flags,
            isApplied: norm.isFinite
                && total.flags.isDisjoint(with: [.nonFiniteLoss, .nonFiniteParameters]))
        if strategy.hasOwnNorm && !norm.isFinite
            && total.flags.isDisjoint(with: [.nonFiniteLoss, .nonFiniteParameters])
        {
            // The other ranks receive the flag in the next step, and do not apply that step.
            pendingFlags.insert(.nonFiniteLoss)
            outcome.isApplied = true
        }
        guard outcome.isApplied else {
            if !norm.isFinite { outcome.flags.insert(.nonFiniteLoss) }
            allreduce.nodeBarrier()
            try strategy.deliver(nil)
            return outcome
        }
        var update = UpdateStep(
            number: phase.updates + 1, learningRate: learningRate, gradientScale: weight > 0 ? 1 / weight : 0,
            clipCoefficient: settings.clipping.coefficient(norm: norm), clipValue: settings.clipping.limit,
            l1: settings.l1, l2: settings.l2)
        update.averageDecay = configuration.parameterAveraging?.decay ?? 0
        if let topK = phase.topK { update = topK.adapted(update) }
        if pendingFlags.isEmpty {
            strategy.apply(update)
            if let tables = phase.tables { memory.note(isFinite: tables.update(memory.parameters, update)) }
        }
        if allreduce.nodeRank == 0 { store.updateStatistics(from: allreduce.statisticsSum) }
        allreduce.nodeBarrier()
        try strategy.deliver(update)
        phase.updates += 1
        step += 1
        parameterVersion += 1
        strategy.complete()
        if !allreduce.settings.overlapsBackward { try finishUpdate() }
        if strategy.isAverageDue(after: step) { try synchronize() }
        return outcome
    }

    /// Makes the parameters of all hosts complete and equal: waits for those in transit, and averages them if
    /// hosts have updated separate copies. Collective. Call it before reading parameters outside of steps:
    /// for an evaluation, a checkpoint, and at the end.
    /// - Parameter includingMoments: whether to average the optimizer's moments as well, so that a resumed
    ///   run continues like an uninterrupted one.
    public func synchronize(includingMoments: Bool = false) throws {
        try finishUpdate()
        guard !areHostsEqual(includingMoments: includingMoments) else { return }
        for strategy in strategies { try strategy.average(includingMoments: includingMoments) }
        parameterVersion += 1
    }

    /// Whether all hosts have the same parameters: false between two averages of local SGD.
    package var isSynchronized: Bool { areHostsEqual(includingMoments: false) }

    private func areHostsEqual(includingMoments: Bool) -> Bool {
        for strategy in strategies where !strategy.areHostsEqual(includingMoments: includingMoments) {
            return false
        }
        return true
    }

    /// Updates the bfloat16 copies of the moving averages, for passes that read them. Collective; parameters
    /// must be synchronized.
    public func refreshAverages() {
        guard let averages = memory.averages, let rounded = memory.roundedAverages else { return }
        for phase in phases {
            let slice = phase.allreduce.slice
            let first = phase.range.lowerBound + slice.lowerBound
            FlatBuffers.round(averages + first, to: rounded + first, count: slice.count)
            phase.allreduce.nodeBarrier()
        }
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
}
