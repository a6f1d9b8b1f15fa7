import LockstepCollectives

/// A copy of the training state in the layout of a checkpoint, which the writer reads while training
/// continues.
///
/// The ranks of rank 0's host copy their slices in parallel. State of other hosts (moments in parts,
/// residuals) is received into it.
public final class StateSnapshot {
    /// The copies of the shared memory; nil on ranks that do not copy.
    struct Copies {
        let parameters: UnsafeMutablePointer<Float>
        let state: UnsafeMutableRawPointer
        /// Whole moments, in the layout of the parameters.
        let moments: [UnsafeMutablePointer<Float>]
        /// The moving averages of the parameters; nil for none.
        let averages: UnsafeMutablePointer<Float>?
        /// The residual of each host, followed by its velocity.
        let residuals: [UnsafeMutablePointer<Float>]
        /// The range of parameters and moments that this rank copies.
        let slice: Range<Int>
    }

    /// Why rank 0 copies alone on a host with several ranks; nil if it does not.
    public let refusal: SegmentRefusal?
    let copies: Copies?
    private let memory: SnapshotMemory

    /// Collective.
    /// - Parameters:
    ///   - flatCount: the length of parameters and of each moment, in floats.
    ///   - denseCount: the length of the averages.
    ///   - stateByteCount: the size of the running statistics.
    ///   - areMomentsReceived: whether rank 0 assembles moments from the parts of all hosts.
    ///   - hasAverages: whether there are moving averages of the parameters.
    ///   - feedbackCount: the length of the error feedback of each of `residualCount` hosts, in floats.
    init(
        communicator: Communicator, allreduce: TreeAllreduce, flatCount: Int, denseCount: Int,
        stateByteCount: Int,
        momentCount: Int, areMomentsReceived: Bool, hasAverages: Bool, residualCount: Int, feedbackCount: Int
    ) throws(CollectiveError) {
        let moments = (0..<momentCount).map { "moment \($0)" }
        let residuals = (0..<residualCount).map { "residual \($0)" }
        let memory = try SnapshotMemory(
            [
                SharedRegion("parameters", byteCount: flatCount * 4),
                SharedRegion("state", byteCount: max(64, stateByteCount), writer: 0),
                SharedRegion("averages", byteCount: hasAverages ? denseCount * 4 : 64),
            ]
                + moments.map {
                    SharedRegion($0, byteCount: flatCount * 4, writer: areMomentsReceived ? 0 : nil)
                } + residuals.map { SharedRegion($0, byteCount: feedbackCount * 4, writer: 0) },
            communicator: communicator, allreduce: allreduce)
        self.memory = memory
        refusal = memory.refusal
        guard let slice = memory.slice(count: flatCount) else {
            copies = nil
            return
        }
        func floats(_ name: String) -> UnsafeMutablePointer<Float> {
            memory.region(name).assumingMemoryBound(to: Float.self)
        }
        copies = Copies(
            parameters: floats("parameters"), state: memory.region("state"), moments: moments.map(floats),
            averages: hasAverages ? floats("averages") : nil, residuals: residuals.map(floats), slice: slice)
    }
}
