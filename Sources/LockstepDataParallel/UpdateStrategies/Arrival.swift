import LockstepCollectives
import LockstepOptimizers

/// The end of an update that reaches into the next step: stripes arrive from other hosts while the next forward pass runs.
final class Arrival {
    private let phase: PhaseState
    /// The update in progress, which `take` completes; nil if the step is not applied.
    private(set) var update: UpdateStep?
    /// Whether stripes may still be in transit.
    private(set) var isUnderWay = false

    init(_ phase: PhaseState) { self.phase = phase }

    /// Sends this host's parts to the others, and receives theirs.
    /// - Parameters:
    ///   - parameters: what is sent instead of the sums; nil for the sums.
    ///   - take: is called with each stripe that has arrived and with the host's own part of it, on one rank of the host: on its
    ///     communication thread, or in one of the waits.
    func begin(
        _ update: UpdateStep?, sending parameters: UnsafeMutablePointer<Float>?,
        _ take: @escaping (Range<Int>, Range<Int>) -> Void
    ) throws {
        self.update = update
        isUnderWay = true
        try phase.allreduce.deliver(parameters, take)
    }

    func wait() throws {
        guard isUnderWay else { return }
        try phase.allreduce.waitForDelivery()
        isUnderWay = false
        // The ranks that took stripes have hashed them.
        phase.foldHashes()
    }

    /// Adds to the hash of what this rank has updated.
    func addHash(_ hash: UInt64) { phase.sliceHashes[phase.allreduce.nodeRank] &+= hash }
}
