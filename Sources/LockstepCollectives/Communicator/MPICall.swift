internal import CMPI

/// Throws if an MPI call failed; every call is checked here.
func check(_ status: CInt, _ operation: String, rank: Int) throws(CollectiveError) {
    guard status != lockstep_mpi_success() else { return }
    let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer -> String in
        guard let start = buffer.baseAddress else { return "" }
        lockstep_mpi_error_text(status, start)
        return String(cString: start)
    }
    throw .mpi(operation: operation, text: text, rank: rank)
}
