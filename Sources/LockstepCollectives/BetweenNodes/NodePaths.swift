/// The algorithms that sum stripes between nodes.
struct NodePaths {
    /// The number of nodes.
    let count: Int
    let algorithm: AllreduceAlgorithm
    let tuning: ExchangeTuning

    /// The algorithm that sums a stripe.
    enum Path {
        /// Every node sends all of its subtrees to all others, and each finishes the tree: the cost is one
        /// latency.
        case whole
        /// Recursive halving and doubling (Thakur, Rabenseifner, Gropp, "Optimization of Collective
        /// Communication Operations in MPICH", 2005), with distances 1, 2, 4, ... in the halving, which is
        /// the order of the tree.
        case halving
        /// Every node receives all subtrees of its slice, finishes the tree for it, and sends the total to
        /// all others.
        case direct
        /// `MPI_Allreduce`.
        case library
        /// Every node sends its largest entries to all others.
        case sparse
    }

    /// The result of the exchange of a stripe.
    enum Work {
        /// Every node receives the total.
        case allreduce
        /// Every node receives the total of its part (`NodeParts`), rounded if it will travel rounded.
        case reduceScatter
    }

    func path(_ work: Work, _ plan: NodePlan, _ format: WireFormat, count elements: Int) -> Path {
        if work == .allreduce {
            if format.hasResidual { return .sparse }
            if algorithm == .mpi { return .library }
            if algorithm == .auto && elements * (count - 1) * plan.mostSubtrees <= tuning.wholeLimit {
                return .whole
            }
        }
        return parts(plan).isHalving ? .halving : .direct
    }

    /// The node that sums each part of a stripe.
    func parts(_ plan: NodePlan) -> NodeParts {
        NodeParts(count: count, isHalving: plan.isBalanced && algorithm != .tree)
    }
}
