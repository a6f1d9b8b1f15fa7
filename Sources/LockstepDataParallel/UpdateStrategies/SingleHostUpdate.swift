import LockstepOptimizers

/// One host: each rank updates its slice of the parameters. Hashes are computed on demand, since there is no
/// copy to compare.
final class SingleHostUpdate: UpdateStrategy {
    let phase: PhaseState
    let memory: TrainingMemory

    init(_ phase: PhaseState, _ memory: TrainingMemory) {
        self.phase = phase
        self.memory = memory
    }

    func apply(_ update: UpdateStep) { updatePieces(update, isHashed: false) }
}
