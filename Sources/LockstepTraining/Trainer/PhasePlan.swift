import LockstepAutograd
import LockstepConfiguration
import LockstepDataParallel
import LockstepExperiment
import LockstepOptimizers
import LockstepTasks

/// The phases of a run: the task's phases with the settings of the run file, and the frozen parameters.
struct PhasePlan {
    /// One phase.
    struct Entry {
        /// The task's phase, with the number of steps from the run file.
        var phase: TrainingPhase
        var optimizer: any OptimizerComponent
        var schedule: any ScheduleComponent
        var clip: GradientClipping
    }

    /// In the task's order.
    let entries: [Entry]
    /// The order in which phases take turns.
    let turns: PhaseTurns
    private let configuration: TrainingConfiguration

    /// - Throws: `ConfigurationError` if the run file names a phase that the task does not have.
    init(
        _ phases: [TrainingPhase], _ configuration: TrainingConfiguration,
        at locations: ConfigurationLocations = .init()
    ) throws {
        for (index, named) in configuration.phases.enumerated()
        where !phases.contains(where: { $0.name == named.name }) {
            throw locations.error(
                .illegalValue, "phases[\(index)].name",
                "the task has no phase '\(named.name)'; its phases are \(phases.map(\.name).joined(separator: ", "))"
            )
        }
        entries = phases.map { phase in
            let named = configuration.phases.last { $0.name == phase.name }
            var phase = phase
            phase.steps = named?.steps ?? phase.steps
            return Entry(
                phase: phase, optimizer: named?.optimizer ?? configuration.optimizer,
                schedule: named?.schedule ?? configuration.schedule, clip: named?.clip ?? configuration.clip)
        }
        turns = PhaseTurns(entries.map(\.phase))
        self.configuration = configuration
    }

    /// The phases for the update in a step.
    func updatePhases(ofStep step: Int) -> [UpdatePhase] {
        let decay = configuration.decay
        let factor = configuration.learningRateFactor
        return zip(entries, rules(ofStep: step)).map { entry, trains in
            UpdatePhase(
                name: entry.phase.name, optimizer: entry.optimizer.make(), clipping: entry.clip,
                l1: configuration.l1, l2: configuration.l2, trains: trains,
                learningRateFactor: { factor($0.name) },
                weightDecayFactor: { decay.factor($0.role) })
        }
    }

    /// Whether each phase trains a parameter in a step.
    func rules(ofStep step: Int) -> [@Sendable (Parameter) -> Bool] {
        let freeze = configuration.freeze
        return entries.map { entry in
            let trains = entry.phase.trains
            return { trains($0) && freeze?.freezes($0.name, step: step) != true }
        }
    }

    /// Whether a step trains other parameters than the one before it.
    func changes(atStep step: Int) -> Bool { step > 0 && configuration.freeze?.until == step }

    /// - Throws: `ConfigurationError` for a pattern under `freeze` or `learning_rate_factors` that matches no parameter.
    func requireParameters(of store: ParameterStore, at locations: ConfigurationLocations) throws {
        let names = store.parameters.map(\.name)
        for (index, name) in (configuration.freeze?.parameters ?? []).enumerated() {
            if let problem = ParameterPattern(name).problem(among: names) {
                throw locations.error(.illegalValue, "freeze.parameters[\(index)]", problem)
            }
        }
        try requireFactors(of: names, at: locations)
        for (entry, trains) in zip(entries, rules(ofStep: 0))
        where configuration.freeze != nil && !store.parameters.contains(where: trains) {
            throw locations.error(
                .conflict, "freeze.parameters",
                "leaves no parameter for the phase '\(entry.phase.name)' to train")
        }
    }

    /// Every pattern of a factor must be the first match for some parameter.
    private func requireFactors(of names: [String], at locations: ConfigurationLocations) throws {
        var rest = names
        for factor in configuration.learningRateFactors {
            let pattern = ParameterPattern(factor.name)
            if let problem = pattern.problem(among: names) {
                throw locations.error(.illegalValue, "learning_rate_factors", problem)
            }
            guard rest.contains(where: pattern.fits) else {
                throw locations.error(
                    .conflict, "learning_rate_factors",
                    "'\(factor.name.printable)' has no effect, since earlier patterns match all of its parameters; put it before them"
                )
            }
            rest.removeAll(where: pattern.fits)
        }
    }

    /// The learning rate of a step, for its phase.
    func learningRate(step: Int, totalSteps: Int) -> Double {
        let phase = turns.phase(ofStep: step)
        return entries[phase].schedule.learningRate(
            step: turns.steps(of: phase, before: step),
            totalSteps: turns.steps(of: phase, before: totalSteps),
            base: entries[phase].optimizer.learningRate)
    }
}
