import LockstepAutograd
import LockstepCollectives

/// The flat order, shared memory and exchanges for an assignment of parameters to phases.
///
/// It is created at the start, and again when parameters are frozen or unfrozen (`DataParallel.reassign`).
struct PhaseAssignment {
    /// The phases, in the order of their numbers.
    let phases: [PhaseState]
    /// The update strategy of each phase.
    let strategies: [any UpdateStrategy]
    let memory: TrainingMemory

    /// Lays out the parameters and allocates the memory. Collective. Does not bind the store to the memory.
    init(
        _ settings: [UpdatePhase], store: ParameterStore, communicator: Communicator,
        configuration: DataParallel.Configuration, channel: Int
    ) throws {
        store.layOut(phases: settings.count) { PhaseAssignment.phase(of: $0, settings) }
        let hasAverages = configuration.parameterAveraging != nil
        let common = TrainingMemory.regions(
            store: store, localRanks: communicator.localSize, precision: configuration.precision,
            hasAverages: hasAverages)
        var allreduce = configuration.allreduce
        allreduce.placement = configuration.update.plan.placement
        let phases = try settings.enumerated().map { number, phase in
            try PhaseState(
                phase, number: number, store: store, communicator: communicator, shards: configuration.shards,
                allreduce: allreduce, channel: channel, averaging: configuration.parameterAveraging,
                regions: number == 0 ? common : [])
        }
        let memory = TrainingMemory(
            allreduce: phases[0].allreduce, precision: configuration.precision, hasAverages: hasAverages)
        self.phases = phases
        self.memory = memory
        strategies = phases.map { configuration.update.strategy($0, memory) }
    }

    /// Throws if one of several phases trains no parameter.
    static func requireParameters(_ settings: [UpdatePhase], of store: ParameterStore)
        throws(DataParallelError)
    {
        for (number, phase) in settings.enumerated() where settings.count > 1 {
            guard store.parameters.contains(where: { PhaseAssignment.phase(of: $0, settings) == number })
            else { throw .emptyPhase(phase.name) }
        }
    }

    /// The first phase that trains a parameter; nil for a frozen one.
    private static func phase(of parameter: Parameter, _ settings: [UpdatePhase]) -> Int? {
        settings.firstIndex { $0.trains(parameter) }
    }
}
