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
        /// Sum it; every group gets the total of its part (`GroupParts`), rounded as it may travel to the others.
        case reduceScatter
    }

    /// The most floats that a group sends to all others together when it sends its roots of a segment whole: above, twice the latency
    /// costs less than the bytes.
    static let wholeLimit = 16384

    func path(_ work: Work, _ plan: GroupPlan, _ format: WireFormat, count elements: Int) -> Path {
        if work == .allreduce {
            if format.hasResidual { return .sparse }
            if algorithm == .mpi { return .library }
            if algorithm == .auto && elements * (count - 1) * plan.mostRoots <= GroupChannel.wholeLimit {
                return .whole
            }
        }
        return parts(plan).isHalving ? .halving : .direct
    }

    /// Who sums which part of a segment.
    func parts(_ plan: GroupPlan) -> GroupParts {
        GroupParts(count: count, isHalving: plan.isBalanced && algorithm != .tree)
    }
}
