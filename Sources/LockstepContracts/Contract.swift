/// Checks what a caller has promised, in every build: shapes that fit, memory that is there, calls in the right order.
///
/// Unlike `precondition`, whose message the optimizer drops, a broken contract always says what it was (`brokenContract`).
/// What a file or a run file can cause is not a contract: that throws an error.
/// - Parameters:
///   - condition: what has to hold.
///   - message: the operation, what it was given, and where in the model; only made when the contract is broken.
@inlinable @inline(__always)
package func contract(_ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String) {
    if !condition() { brokenContract(message()) }
}

/// Ends the process with status 1: the same program would break the contract again.
///
/// The message is written to standard error, with the rank in front where the program runs on several; it is then in the rank's
/// heartbeat, and with it in the report of the fault, and the other ranks are ended at once (`LastWords`).
@usableFromInline @inline(never)
package func brokenContract(_ message: String) -> Never {
    LastWords.end(message)
}
