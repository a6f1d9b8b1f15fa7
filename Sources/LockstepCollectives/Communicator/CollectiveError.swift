/// An error in communication between ranks.
public enum CollectiveError: Error, Sendable, Hashable {
    /// A call of the MPI library failed.
    case mpi(operation: String, text: String, rank: Int)
    /// The launcher's environment says that there are more ranks than MPI sees.
    case launcherMismatch(expected: Int, variable: String)
    /// The MPI library cannot be used from several threads.
    case threadSupport
    /// Other ranks failed in a collective set-up.
    case peers(ranks: [Int], what: String)
    /// Neither shared nor private memory could be allocated.
    case memory(String)
    /// The environment has an invalid setting.
    case environment(String)
}

extension CollectiveError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .mpi(let operation, let text, let rank):
            "Rank \(rank): \(operation) failed: \(text). Another rank or the network between the hosts may be gone; "
                + "look for the first error above, and resume from the newest checkpoint."
        case .launcherMismatch(let expected, let variable):
            "\(variable) says that there are \(expected) ranks, but MPI sees one. The launcher belongs to another MPI "
                + "than the one this program was built with (\(MPILibrary.version)). Start it with that library's mpirun, or "
                + "under Slurm with `srun --mpi=pmix` (Open MPI)."
        case .threadSupport:
            "This MPI library does not offer MPI_THREAD_MULTIPLE, which is needed. Debian's libopenmpi-dev has it."
        case .peers(let ranks, let what):
            "\(what) failed on rank\(ranks.count == 1 ? "" : "s") \(ranks.map(String.init).joined(separator: ", "))."
        case .memory(let reason):
            "Memory for parameters and gradients could not be allocated: \(reason)."
        case .environment(let reason): reason
        }
    }
}
