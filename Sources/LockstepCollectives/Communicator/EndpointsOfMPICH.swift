#if MPICH
    import Foundation
    import Synchronization

    /// Whether `Communicator.finalize` has passed its barrier, and calls `MPI_Finalize`.
    let finalizesMPICH = Atomic(false)

    /// Takes the place of UCX's function of this name, which MPICH calls for every other rank in
    /// `MPI_Finalize`.
    ///
    /// With MPICH 4.0.2 and UCX over TCP, `MPI_Finalize` was observed to hang in some runs on several hosts: one
    /// rank waits in UCX's function while others already wait for all ranks outside of UCX. So connections are
    /// closed at once instead, with UCX's worker. That is safe in `Communicator.finalize`: all requests of
    /// Lockstep are complete, all ranks have passed `MPI_Barrier`, and Lockstep sends nothing after it. Before
    /// that, UCX's own function is called.
    /// - Returns: nil, which is UCX's "done", or the result of UCX's own function.
    @_cdecl("ucp_disconnect_nb")
    public func endConnection(_ endpoint: OpaquePointer?) -> OpaquePointer? {
        // RTLD_NEXT: the function of this name in the libraries after this program.
        guard !finalizesMPICH.load(ordering: .relaxed),
            let found = dlsym(UnsafeMutableRawPointer(bitPattern: -1), "ucp_disconnect_nb")
        else { return nil }
        typealias Disconnect = @convention(c) (OpaquePointer?) -> OpaquePointer?
        return unsafeBitCast(found, to: Disconnect.self)(endpoint)
    }
#endif
