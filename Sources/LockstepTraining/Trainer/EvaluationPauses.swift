import LockstepCollectives
import LockstepDataParallel
import LockstepTimeline

/// An evaluation that a flag of some rank has ended, on all ranks in the same place: it has no result.
struct InterruptedEvaluation: Error {
    /// The flags of all ranks.
    let flags: StepFlags
}

/// The places between the blocks of an evaluation at which all ranks look at each other's flags.
///
/// A look costs a small exchange, and ranks wait for each other there: so they look about ten times a second, however long a
/// block takes. All ranks compute the next place from the same numbers.
struct EvaluationPauses {
    /// What a rank tells the others.
    private struct Look: BitwiseCopyable {
        var flags: UInt64
        /// The time since the last look.
        var nanoseconds: UInt64
    }

    /// The time between two looks that is aimed at, in nanoseconds.
    private static let interval: UInt64 = 100_000_000

    private let communicator: Communicator
    private let flags: () -> StepFlags
    private var last = 0
    private var next = 0
    private var time = StepTimeline.now

    /// - Parameter flags: those of this rank.
    init(_ communicator: Communicator, flags: @escaping () -> StepFlags) {
        self.communicator = communicator
        self.flags = flags
    }

    /// Looks at the flags of all ranks, if that is due before a round. Collective: every rank comes before every round.
    /// - Throws: `InterruptedEvaluation` when there is a flag, `CollectiveError`.
    mutating func look(beforeRound round: Int) throws {
        guard round == next else { return }
        let now = StepTimeline.now
        let looks: [Look] = try communicator.gather(Look(flags: flags().rawValue, nanoseconds: now - time))
        let all = StepFlags(rawValue: looks.reduce(0) { $0 | $1.flags })
        guard all.isEmpty else { throw InterruptedEvaluation(flags: all) }
        let slowest = max(1, looks.map(\.nanoseconds).max() ?? 1)
        // At most twice as far as the last time: blocks may differ.
        let rounds = max(1, round - last)
        next = round + max(1, min(2 * rounds, Int(UInt64(rounds) * EvaluationPauses.interval / slowest)))
        last = round
        time = StepTimeline.now
    }
}
