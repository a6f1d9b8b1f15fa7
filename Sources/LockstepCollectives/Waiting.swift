internal import CMPI
import Glibc

/// Waits until requests are done: a brief spin, then tests with sleeps in between, because MPI's own wait takes the
/// whole core, which other ranks may need.
func wait(
    _ requests: UnsafeMutablePointer<MPI_Request?>, _ count: Int, _ operation: String, rank: Int
) throws(CollectiveError) {
    var done: CInt = 0
    var tests = 0
    while true {
        try check(lockstep_mpi_test_all(CInt(count), requests, &done), operation, rank: rank)
        if done != 0 { return }
        tests += 1
        if tests > 200 { usleep(tests > 2000 ? 500 : 20) }
    }
}
