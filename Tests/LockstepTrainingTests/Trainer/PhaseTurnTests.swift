import LockstepTasks
import LockstepTraining
import Testing

@Suite struct PhaseTurnTests {
    @Test func phasesFollowEachOther() {
        let turns = PhaseTurns([
            TrainingPhase("a", steps: 2), TrainingPhase("b"), TrainingPhase("c", steps: 3),
        ])
        #expect((0..<12).map { turns.phase(ofStep: $0) } == [0, 0, 1, 2, 2, 2, 0, 0, 1, 2, 2, 2])
        var counts = [0, 0, 0]
        for step in 0..<20 {
            #expect(turns.updates(before: step) == counts, "before step \(step)")
            counts[turns.phase(ofStep: step)] += 1
        }
    }

    @Test func onePhaseHasEveryStep() {
        let turns = PhaseTurns([TrainingPhase()])
        #expect(
            (0..<5).map { turns.phase(ofStep: $0) } == [0, 0, 0, 0, 0] && turns.updates(before: 7) == [7])
    }
}
