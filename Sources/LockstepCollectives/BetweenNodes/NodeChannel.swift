internal import CMPI

/// What one lane needs to talk to the other nodes: its communicator, in which a node's number is a rank, and how it is to talk.
struct NodeChannel {
    let communicator: MPI_Comm
    /// This process's number in the world, for errors.
    let rank: Int
    /// The number of this node.
    let mine: Int
    /// The number of nodes.
    let count: Int
    let algorithm: AllreduceAlgorithm

    /// The way in which a stripe's sum is made.
    enum Path {
        /// Every node sends all of its subtrees to all others, and each finishes the tree: one latency.
        case whole
        /// Recursive halving and doubling (Thakur, Rabenseifner, Gropp, "Optimization of Collective Communication Operations in
        /// MPICH", 2005), with distances 1, 2, 4, ... in the halving, which is the order of the tree.
        case halving
        /// Every node gets all subtrees of its slice, finishes the tree for it, and sends the total to all others.
        case direct
        /// `MPI_Allreduce`.
        case library
        /// Every node sends its largest entries to all others.
        case sparse
    }

    /// What is to be done with a stripe.
    enum Work {
        /// Sum it, and give every node the total.
        case allreduce
        /// Sum it; every node gets the total of its part (`NodeParts`), rounded as it may travel to the others.
        case reduceScatter
    }

    /// The most floats that a node sends to all others together when it sends its subtrees of a stripe whole: above, twice the latency
    /// costs less than the bytes.
    static let wholeLimit = 16384

    func path(_ work: Work, _ plan: NodePlan, _ format: WireFormat, count elements: Int) -> Path {
        if work == .allreduce {
            if format.hasResidual { return .sparse }
            if algorithm == .mpi { return .library }
            if algorithm == .auto && elements * (count - 1) * plan.mostSubtrees <= NodeChannel.wholeLimit {
                return .whole
            }
        }
        return parts(plan).isHalving ? .halving : .direct
    }

    /// Who sums which part of a stripe.
    func parts(_ plan: NodePlan) -> NodeParts {
        NodeParts(count: count, isHalving: plan.isBalanced && algorithm != .tree)
    }
}
