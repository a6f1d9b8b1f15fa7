internal import CMPI

/// Waits until requests are done, without taking the core for long: MPI's own wait would.
func wait(
    _ requests: UnsafeMutablePointer<MPI_Request?>, _ count: Int, _ operation: String, rank: Int
) throws(CollectiveError) {
    var done: CInt = 0
    var patience = Patience()
    while true {
        try check(lockstep_mpi_test_all(CInt(count), requests, &done), operation, rank: rank)
        if done != 0 { return }
        patience.after(progress: false)
    }
}
