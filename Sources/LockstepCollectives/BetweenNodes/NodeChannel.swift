internal import CMPI

/// The communication of one lane with other nodes: its communicator, in which ranks are node numbers, and the
/// algorithm.
struct NodeChannel {
    let communicator: lockstep_mpi_comm
    /// The world rank of this process, for errors.
    let rank: Int
    /// The number of this node.
    let mine: Int
    /// The number of nodes.
    let count: Int
    let algorithm: AllreduceAlgorithm
    let tuning: ExchangeTuning

    /// The choice of algorithms.
    var paths: NodePaths { NodePaths(count: count, algorithm: algorithm, tuning: tuning) }
}
