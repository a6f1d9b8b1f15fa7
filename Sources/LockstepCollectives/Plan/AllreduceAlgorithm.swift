/// How gradients are summed between hosts.
public enum AllreduceAlgorithm: String, Sendable, Codable, CaseIterable {
    /// The fastest of Lockstep's algorithms for a size; all give the bits of the reduction tree.
    case auto
    /// Always direct exchange of the tree's subtrees.
    case tree
    /// `MPI_Allreduce`: the order of its additions, and so the bits, may depend on the number of hosts.
    case mpi
}
