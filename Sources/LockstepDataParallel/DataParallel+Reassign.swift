import LockstepAutograd
import LockstepContracts

extension DataParallel {
    /// Changes which parameters the phases train, between two steps: freezes and unfreezes parameters.
    /// Collective; rank 0 calls it after the writer has finished with the last copy of the state.
    ///
    /// Parameters, averages and running statistics keep their values. A parameter that stays in its phase
    /// also keeps its moments (and, with top-k compression, its error feedback); one that is new to a phase
    /// starts with those of a new run. The phases keep their optimizers and numbers of updates. The memory is
    /// laid out again: addresses taken before from parameters, `allreduce` or the state are invalid. After a
    /// `CollectiveError` this object must not be used any more.
    /// - Parameter trains: for each phase, in the order of `init`, whether it trains a parameter. The first
    ///   such phase trains it; other parameters are frozen.
    /// - Throws: `DataParallelError.emptyPhase`, before anything has changed; `CollectiveError`.
    public func reassign(_ trains: [@Sendable (Parameter) -> Bool]) throws {
        contract(
            trains.count == phases.count, "DataParallel: \(trains.count) rules for \(phases.count) phases")
        let settings = zip(phases, trains).map { phase, rule in
            var settings = phase.settings
            settings.trains = rule
            return settings
        }
        try PhaseAssignment.requireParameters(settings, of: store)
        // Hosts hold other parts of the moments afterwards.
        try synchronize(includingMoments: true)
        for strategy in strategies {
            if communicator.rank == 0 { strategy.prepareMoments() }
            try strategy.collectMoments { strategy.wholeMoment($0) }
        }
        let before = assignment
        let places = store.parameters.map { Place(phase: $0.phase, offset: $0.offset) }
        snapshot = nil
        let now = try PhaseAssignment(
            settings, store: store, communicator: communicator, configuration: configuration, channel: channel
        )
        for (old, new) in zip(before.phases, now.phases) { new.updates = old.updates }
        let timeline = timeline
        use(now)
        self.timeline = timeline
        if communicator.rank == 0 { for strategy in strategies { strategy.prepareMoments() } }
        if memory.rank == 0 { move(from: before, places) }
        memory.sliceFaults[memory.rank] = before.memory.sliceFaults[memory.rank]
        allreduce.nodeBarrier()
        for strategy in strategies { try strategy.distributeMoments() }
        noteNewParameters()
    }

    /// The previous position of a parameter.
    private struct Place {
        let phase: Int?
        let offset: Int
    }

    /// Copies this host's state into the new memory.
    private func move(from before: PhaseAssignment, _ places: [Place]) {
        let (old, new) = (before.memory, memory)
        new.state.copyMemory(from: old.state, byteCount: store.stateByteCount)
        for phase in phases { phase.tables?.resetMoments() }
        for strategy in strategies {
            for index in strategy.phase.moments.indices {
                strategy.wholeMoment(index)?.update(
                    repeating: strategy.phase.settings.optimizer.initialMoment,
                    count: strategy.phase.range.count)
            }
        }
        for (parameter, place) in zip(store.parameters, places) {
            func copy(_ from: UnsafeMutablePointer<Float>?, _ to: UnsafeMutablePointer<Float>?) {
                guard let from, let to else { return }
                (to + parameter.offset).update(from: from + place.offset, count: parameter.elementCount)
            }
            copy(old.parameters, new.parameters)
            if !parameter.isSparse { copy(old.averages, new.averages) }
            guard let number = parameter.phase, number == place.phase else { continue }
            let (oldPhase, newPhase) = (before.phases[number], phases[number])
            if parameter.isSparse {
                guard let from = oldPhase.tables, let to = newPhase.tables else { continue }
                for (moment, next) in zip(from.moments, to.moments) {
                    copy(moment - from.range.lowerBound, next - to.range.lowerBound)
                }
                continue
            }
            func copyOfPhase(_ from: UnsafeMutablePointer<Float>?, _ to: UnsafeMutablePointer<Float>?) {
                copy(from.map { $0 - oldPhase.range.lowerBound }, to.map { $0 - newPhase.range.lowerBound })
            }
            for index in newPhase.moments.indices {
                copyOfPhase(
                    before.strategies[number].wholeMoment(index), strategies[number].wholeMoment(index))
            }
            copyOfPhase(oldPhase.allreduce.residual, newPhase.allreduce.residual)
            copyOfPhase(oldPhase.allreduce.velocity, newPhase.allreduce.velocity)
        }
    }
}
