import LockstepTasks

/// The order of phases: the phases of a task take turns, each for its number of steps.
package struct PhaseTurns {
    /// The number of steps of each phase in a turn of all.
    private let steps: [Int]
    /// The number of steps of a turn before each phase.
    private let before: [Int]
    private let turn: Int

    package init(_ phases: [TrainingPhase]) {
        let steps = phases.map { max(1, $0.steps) }
        self.steps = steps
        before = steps.indices.map { steps[..<$0].reduce(0, +) }
        turn = steps.reduce(0, +)
    }

    /// The number of the phase of step `step`, both counted from 0.
    package func phase(ofStep step: Int) -> Int {
        let place = step % turn
        var phase = 0
        while phase + 1 < before.count, before[phase + 1] <= place { phase += 1 }
        return phase
    }

    /// The number of steps of a phase among the first `step` steps of a run.
    package func steps(of phase: Int, before step: Int) -> Int {
        step / turn * steps[phase] + min(steps[phase], max(0, step % turn - before[phase]))
    }

    /// The number of steps of each phase among the first `step` steps of a run.
    package func updates(before step: Int) -> [Int] { steps.indices.map { steps(of: $0, before: step) } }
}
