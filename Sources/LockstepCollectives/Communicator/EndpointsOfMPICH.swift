#if MPICH
    /// Takes the place of UCX's function of this name, which MPICH calls for every other rank in `MPI_Finalize`.
    ///
    /// Over TCP, UCX's own waits until the other rank acknowledges that everything has arrived. With MPICH 4.0 that rank
    /// may already wait for all ranks outside of UCX, where it answers no more: then `MPI_Finalize` never returns. All ranks
    /// have passed a barrier before it (`Communicator.finalize`), so nothing is under way, and the connections can be closed
    /// at once, with UCX's worker.
    /// - Returns: nil, which is UCX's "done".
    @_cdecl("ucp_disconnect_nb")
    public func endConnection(_ endpoint: OpaquePointer?) -> OpaquePointer? { nil }
#endif
