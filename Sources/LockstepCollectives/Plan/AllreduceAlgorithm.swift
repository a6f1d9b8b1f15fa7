/// How sums are made between hosts.
public enum AllreduceAlgorithm: String, Sendable, Codable, CaseIterable {
    /// Whichever of our own ways is fastest for a size; all give the bits of the reduction tree.
    case auto
    /// Always by direct exchange of the tree's subtrees.
    case tree
    /// `MPI_Allreduce`: the order of its additions, and so the bits, may depend on the number of hosts.
    case mpi
}
