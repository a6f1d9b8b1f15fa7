import LockstepCollectives
import LockstepDataParallel
import LockstepTimeline

/// An evaluation that was ended by a flag of a rank, on all ranks before the same block; it has no result.
package struct InterruptedEvaluation: Error {
    /// The flags of all ranks.
    package let flags: StepFlags
}

/// The points between the blocks of an evaluation at which all ranks exchange their flags.
///
/// An exchange costs time, since ranks wait for each other, so there are about ten per second, however long a
/// block takes. All ranks compute the next point from the same numbers.
package struct EvaluationPauses {
    /// The message of a rank.
    private struct Look: BitwiseCopyable {
        var flags: UInt64
        /// The time since the last exchange.
        var nanoseconds: UInt64
    }

    /// The desired time between two exchanges, in nanoseconds.
    private static let interval: UInt64 = 100_000_000

    private let communicator: Communicator
    private let flags: () -> StepFlags
    private var last = 0
    private var next = 0
    private var time = StepTimeline.now

    /// - Parameter flags: the flags of this rank.
    package init(_ communicator: Communicator, flags: @escaping () -> StepFlags) {
        self.communicator = communicator
        self.flags = flags
    }

    /// Exchanges the flags of all ranks if an exchange is due before this round. Collective: every rank calls
    /// it before every round.
    /// - Throws: `InterruptedEvaluation` when there is a flag, `CollectiveError`.
    package mutating func look(beforeRound round: Int) throws {
        guard round == next else { return }
        let now = StepTimeline.now
        let looks: [Look] = try communicator.allGather(Look(flags: flags().rawValue, nanoseconds: now - time))
        let all = StepFlags(rawValue: looks.reduce(0) { $0 | $1.flags })
        guard all.isEmpty else { throw InterruptedEvaluation(flags: all) }
        let slowest = max(1, looks.map(\.nanoseconds).max() ?? 1)
        // At most twice as many rounds as the last time: blocks may differ.
        let rounds = max(1, round - last)
        next = round + max(1, min(2 * rounds, Int(UInt64(rounds) * EvaluationPauses.interval / slowest)))
        last = round
        time = StepTimeline.now
    }
}
