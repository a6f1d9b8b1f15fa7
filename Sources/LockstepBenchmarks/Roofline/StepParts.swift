import LockstepAutograd
import LockstepCollectives
import LockstepTimeline
import LockstepTraining

/// The times of the parts of steps on one rank, with the bytes that the phases besides the passes must move.
struct StepParts {
    let operations: [OperationTimes.Sums]
    /// Milliseconds and bytes per step.
    let phases: [(name: String, milliseconds: Double, byteCount: Double)]

    init(
        _ times: OperationTimes, timeline: StepTimeline, setup: TrainingSetup, _ communicator: Communicator,
        steps: Int
    ) {
        operations = times.sums
        let parameters = setup.dataParallel.store.parameters.filter { $0.phase == 0 && !$0.isSparse }
        let count = Double(parameters.reduce(0) { $0 + $1.elementCount })
        let ranks = setup.configuration.allreduce.sharedMemory ? Double(communicator.localSize) : 1
        // The shards of a rank are added, then the ranks of a host; every sum reads two numbers and writes one. The sum of
        // squares reads the gradients once.
        let own = Double(max(0, setup.dataParallel.shards.count - 1))
        // Used rows of sparse tables are read and written once; this rank updates its share of them.
        let rows = Double(setup.dataParallel.updatedRowElementCount)
        let reduce = count * 4 * (3 * own + (ranks + 1) / ranks) + 8 * rows
        // The update reads gradient, parameter and moments, and writes the latter two, with a copy in bfloat16.
        let copy: Double = setup.configuration.precision == .bfloat16 ? 2 : 0
        let moved = 12 + 8 * Double(setup.momentCount)
        let update = count / ranks * (moved + copy) + rows * moved
        func milliseconds(_ phase: StepPhase) -> Double {
            Double(timeline.nanoseconds(in: phase)) * 1e-6 / Double(steps)
        }
        let compute =
            (Double(times.sums.reduce(0) { $0 + $1.nanoseconds.reduce(0, +) }) * 1e-6) / Double(steps)
        phases = [
            ("load", milliseconds(.load), 0), ("reduce", milliseconds(.reduce), reduce),
            ("wait", milliseconds(.wait), 0), ("update", milliseconds(.update), update),
            (
                "between operations",
                max(0, milliseconds(.forward) + milliseconds(.backward) - compute) + milliseconds(.other), 0
            ),
        ]
    }
}
