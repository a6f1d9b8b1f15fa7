import LockstepOptimizers

/// Several hosts that have all sums after an exchange: each rank updates its slice of its host's copy.
final class ReplicatedUpdate: UpdateStrategy {
    let phase: PhaseState
    let memory: TrainingMemory

    init(_ phase: PhaseState, _ memory: TrainingMemory) {
        self.phase = phase
        self.memory = memory
    }

    func apply(_ update: UpdateStep) { updatePieces(update, isHashed: true) }
}
