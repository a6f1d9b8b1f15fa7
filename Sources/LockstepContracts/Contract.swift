/// Checks a precondition of a function in every build: matching shapes, allocated memory, calls in the right
/// order.
///
/// Release builds drop the message of `precondition`; `contract` always shows it. Errors that a data file or
/// a run file can cause are thrown instead.
/// - Parameters:
///   - condition: the precondition.
///   - message: the operation, its arguments, and the place in the model; evaluated only if `condition` is
///     false.
@inlinable @inline(__always)
public func contract(_ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String) {
    if !condition() { brokenContract(message()) }
}

/// Ends the process with status 1: the same program would break the contract again.
///
/// Writes the message to standard error, prefixed with the rank if there are several, stores it in the rank's
/// heartbeat for the fault report, and ends the other ranks at once (`ContractFailure`).
@inline(never)
public func brokenContract(_ message: String) -> Never {
    ContractFailure.end(message)
}
