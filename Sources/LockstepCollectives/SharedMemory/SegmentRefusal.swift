/// Why the ranks do not share memory.
public struct SegmentRefusal: Error, Sendable, Hashable {
    /// The first rank that could not create or map the segment; -1 if the run file refuses it.
    public let rank: Int
    /// The requested size.
    public let byteCount: Int
    /// The system's reason.
    public let reason: String
}

extension SegmentRefusal: CustomStringConvertible {
    public var description: String {
        (rank < 0
            ? "The ranks do not share memory (\(reason))" : "Rank \(rank) has no shared memory (\(reason))")
            + ": every rank keeps its own copy of parameters and optimizer state, and gradients travel by messages, "
            + "which is slower. The results are the same."
    }
}
