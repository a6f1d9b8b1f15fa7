import LockstepCollectives
import LockstepOptimizers

/// The part of an update that overlaps the next step: stripes arrive from other hosts during the next forward
/// pass.
final class Arrival {
    private let phase: PhaseState
    /// The update in progress, which `take` completes; nil if the step is not applied.
    private(set) var update: UpdateStep?
    /// Whether stripes may still be in transit.
    private(set) var isUnderWay = false

    init(_ phase: PhaseState) { self.phase = phase }

    /// Sends this host's parts to the others, and receives theirs.
    /// - Parameters:
    ///   - parameters: the values to send instead of the sums; nil for the sums.
    ///   - take: called on one rank of the host with each arrived stripe and the host's part of it, on the
    ///     communication thread or within a wait.
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
        // The ranks that handled stripes have hashed them.
        phase.foldHashes()
    }

    /// Adds to the hash of the parameters that this rank has updated.
    func addHash(_ hash: UInt64) { phase.sliceHashes[phase.allreduce.nodeRank] &+= hash }
}
