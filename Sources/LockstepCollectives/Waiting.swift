internal import CMPI
import Glibc

/// Waits until requests are done: tests that let other ranks have the core, and, when it takes long, sleeps in between,
/// because MPI's own wait takes the whole core.
func wait(
    _ requests: UnsafeMutablePointer<MPI_Request?>, _ count: Int, _ operation: String, rank: Int
) throws(CollectiveError) {
    var done: CInt = 0
    var tests = 0
    while true {
        try check(lockstep_mpi_test_all(CInt(count), requests, &done), operation, rank: rank)
        if done != 0 { return }
        tests += 1
        // A long message between ranks of one host needs a test for each of its pieces: a sleep would hold up all of them.
        if tests > 20_000 {
            usleep(500)
        } else if tests > 100 {
            sched_yield()
        }
    }
}
