internal import CMPI

/// Waits until requests are complete, without keeping a core busy as MPI's wait would.
func wait(
    _ requests: UnsafeMutablePointer<lockstep_mpi_request>, _ count: Int, _ operation: String, rank: Int
) throws(CollectiveError) {
    var done: CInt = 0
    var backoff = Backoff()
    while true {
        try check(lockstep_mpi_test_all(CInt(count), requests, &done), operation, rank: rank)
        if done != 0 { return }
        backoff.after(progress: false)
    }
}
