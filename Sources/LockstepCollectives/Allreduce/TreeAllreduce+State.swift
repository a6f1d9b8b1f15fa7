/// Exchanges between hosts besides gradients. All ranks make the same calls; no rank of a host returns before
/// the communicating ranks of that host have finished.
extension TreeAllreduce {
    /// Sums a buffer in the layout of the gradients over the hosts; each host has one.
    public func sumOverNodes(_ buffer: UnsafeMutablePointer<Float>) throws(CollectiveError) {
        guard let between else { return }
        timeline?.begin(.wait)
        barrier.wait()
        try between.run(buffer)
        barrier.wait()
        timeline?.begin(.other)
    }

    /// The number of elements of a buffer with this host's parts in sequence.
    public var pieceElementCount: Int {
        guard let between, settings.placement == .ownParts else { return gradientCount }
        return between.pieces[nodeNumber].reduce(0) { $0 + $1.count }
    }

    /// The offset of each of this rank's pieces in such a buffer.
    public var pieceOffsets: [Int] {
        guard let between, settings.placement == .ownParts else { return pieces.map(\.lowerBound) }
        var offsets: [Int] = []
        var place = 0
        for (index, piece) in between.pieces[nodeNumber].enumerated() {
            if index % nodeSize == nodeRank { offsets.append(place) }
            place += piece.count
        }
        return offsets
    }

    /// Collects the parts of all hosts in one buffer on the first host.
    /// - Parameters:
    ///   - parts: this host's parts in sequence.
    ///   - whole: in the layout of the gradients, on rank 0; nil on other ranks.
    public func collectPieces(
        _ parts: UnsafeMutablePointer<Float>, into whole: UnsafeMutablePointer<Float>?
    ) throws(CollectiveError) {
        barrier.wait()
        try between?.state?.gather(parts, into: whole)
        barrier.wait()
    }

    /// Distributes rank 0's buffer: every host receives its parts.
    public func distributePieces(
        of whole: UnsafeMutablePointer<Float>?, into parts: UnsafeMutablePointer<Float>
    ) throws(CollectiveError) {
        barrier.wait()
        try between?.state?.scatter(whole, into: parts)
        barrier.wait()
    }

    /// Copies the residual of host g, and its velocity behind it, to buffer g of `all` on rank 0. `all` is
    /// empty on other ranks.
    public func collectResiduals(into all: [UnsafeMutablePointer<Float>]) throws(CollectiveError) {
        barrier.wait()
        if let residual, let state = between?.state {
            try state.collect(residual, count: feedbackCount, into: all)
        }
        barrier.wait()
    }

    /// Distributes buffer g of rank 0's `all` to host g, as its residual and velocity.
    public func distributeResiduals(_ all: [UnsafeMutablePointer<Float>]) throws(CollectiveError) {
        barrier.wait()
        if let residual, let state = between?.state {
            try state.distribute(all, count: feedbackCount, into: residual)
        }
        barrier.wait()
    }
}
