/// What hosts give each other besides gradients. Every rank of all hosts makes the same calls; no rank of a host comes out before all
/// talking ranks of it have finished.
extension TreeAllreduce {
    /// Sums a buffer that is laid out as the gradients, and of which each host has one, over the hosts.
    public func sumOverNodes(_ buffer: UnsafeMutablePointer<Float>) throws(CollectiveError) {
        guard let between else { return }
        timeline?.begin(.wait)
        barrier.wait()
        try between.run(buffer)
        barrier.wait()
        timeline?.begin(.other)
    }

    /// The elements of a buffer that holds this host's parts one after the other.
    public var pieceElementCount: Int {
        guard let between, settings.placement == .ownParts else { return gradientCount }
        return between.pieces[nodeNumber].reduce(0) { $0 + $1.count }
    }

    /// For each of this rank's pieces where it begins in such a buffer.
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

    /// Puts the parts of all hosts into one buffer on the first host.
    /// - Parameters:
    ///   - parts: this host's, one after the other.
    ///   - whole: laid out as the gradients; on rank 0, nil on all others.
    public func collectPieces(
        _ parts: UnsafeMutablePointer<Float>, into whole: UnsafeMutablePointer<Float>?
    ) throws(CollectiveError) {
        barrier.wait()
        try between?.state?.gather(parts, into: whole)
        barrier.wait()
    }

    /// Gives every host its parts of rank 0's buffer.
    public func distributePieces(
        of whole: UnsafeMutablePointer<Float>?, into parts: UnsafeMutablePointer<Float>
    ) throws(CollectiveError) {
        barrier.wait()
        try between?.state?.scatter(whole, into: parts)
        barrier.wait()
    }

    /// Copies this host's residual, and behind it its velocity, to rank 0: buffer g of `all` is that of host g. `all` is empty on other
    /// ranks.
    public func collectResiduals(into all: [UnsafeMutablePointer<Float>]) throws(CollectiveError) {
        barrier.wait()
        if let residual, let state = between?.state {
            try state.collect(residual, count: feedbackCount, into: all)
        }
        barrier.wait()
    }

    /// Gives host g residual and velocity g of rank 0's.
    public func distributeResiduals(_ all: [UnsafeMutablePointer<Float>]) throws(CollectiveError) {
        barrier.wait()
        if let residual, let state = between?.state {
            try state.distribute(all, count: feedbackCount, into: residual)
        }
        barrier.wait()
    }
}
