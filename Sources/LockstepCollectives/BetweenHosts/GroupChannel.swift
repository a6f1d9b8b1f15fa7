internal import CMPI

/// What one lane needs to talk to the other groups: its communicator, in which a group's number is a rank, and how it is to talk.
struct GroupChannel {
    let communicator: MPI_Comm
    /// This process's number in the world, for errors.
    let rank: Int
    /// The number of this group.
    let mine: Int
    /// The number of groups.
    let count: Int
    let algorithm: AllreduceAlgorithm

    /// The way in which a segment's sum is made.
    enum Path {
        /// Every group sends all of its roots to all others, and each finishes the tree: one latency.
        case whole
        /// Recursive halving and doubling (Thakur, Rabenseifner, Gropp, "Optimization of Collective Communication Operations in
        /// MPICH", 2005), with distances 1, 2, 4, ... in the halving, which is the order of the tree.
        case halving
        /// Every group gets all roots of its slice, finishes the tree for it, and sends the total to all others.
        case direct
        /// `MPI_Allreduce`.
        case library
        /// Every group sends its largest entries to all others.
        case sparse
    }

    /// What is to be done with a segment.
    enum Work {
        /// Sum it, and give every group the total.
        case allreduce
        /// Sum it; every group gets the total of its part (`SegmentExchange.owned`).
        case reduceScatter
        /// Give every group all parts.
        case allgather
    }

    /// The most floats that are sent whole: above, twice the latency costs less than the bytes.
    private static let wholeLimit = 8192

    func path(_ work: Work, _ plan: GroupPlan, _ format: WireFormat, count elements: Int) -> Path {
        if work == .allreduce {
            if format.hasResidual { return .sparse }
            if algorithm == .mpi { return .library }
            if algorithm == .auto && elements <= GroupChannel.wholeLimit { return .whole }
        }
        return plan.isBalanced && algorithm != .tree ? .halving : .direct
    }

    /// The rounds of recursive halving; meaningful for powers of two.
    var rounds: Int { count.trailingZeroBitCount }

    /// This group's part and the rest of a range in a round of recursive halving.
    func halves(_ range: Range<Int>, round: Int, granularity: Int) -> (kept: Range<Int>, given: Range<Int>) {
        let lower = GroupLayout.slice(0, of: 2, count: range.count, chunk: granularity).count
        let middle = range.lowerBound + lower
        let (low, high) = (range.lowerBound..<middle, middle..<range.upperBound)
        return mine >> round & 1 == 0 ? (low, high) : (high, low)
    }

    /// A group's part of a range in the direct exchange.
    func slice(_ group: Int, _ range: Range<Int>, granularity: Int) -> Range<Int> {
        let part = GroupLayout.slice(group, of: count, count: range.count, chunk: granularity)
        return range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound
    }
}
