/// Checks a precondition of a function in every build: shapes that fit, memory that has been allocated, calls in the right order.
///
/// The optimizer drops the message of `precondition`; that of a broken contract is always shown (`brokenContract`).
/// Errors that a data file or a run file can cause are not contracts: they are thrown.
/// - Parameters:
///   - condition: what has to hold.
///   - message: the operation, its arguments, and the place in the model; evaluated only when the contract is broken.
@inlinable @inline(__always)
public func contract(_ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String) {
    if !condition() { brokenContract(message()) }
}

/// Ends the process with status 1: the same program would break the contract again.
///
/// The message is written to standard error, with the rank in front if there are several; it is also stored in the
/// rank's heartbeat and so appears in the report of the fault, and the other ranks are ended at once (`LastWords`).
@inline(never)
public func brokenContract(_ message: String) -> Never {
    LastWords.end(message)
}
