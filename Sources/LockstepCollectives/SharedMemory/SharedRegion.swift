import CKernels

/// A region of memory that all ranks of a host share.
public struct SharedRegion: Sendable, Hashable {
    /// The name for lookup.
    public let name: String
    /// The size in bytes.
    public let byteCount: Int
    /// The local rank that writes most of it; nil if every rank writes its slice.
    public let writer: Int?
    /// Whether it holds a float for each gradient whose sum this host has
    /// (`TreeAllreduce.pieceElementCount`).
    let isOfPieces: Bool

    /// A region; a large one starts at a page.
    /// - Parameter writer: the local rank on whose memory node to place it; nil places a part on that of
    ///   every local rank, cut like the slices of `TreeAllreduce`.
    public init(_ name: String, byteCount: Int, writer: Int? = nil) {
        self.name = name
        self.byteCount = byteCount
        self.writer = writer
        isOfPieces = false
    }

    /// A region with a float for each gradient whose sum this host has.
    public init(floatsOfPieces name: String) {
        self.name = name
        byteCount = 0
        writer = nil
        isOfPieces = true
    }

    private init(_ region: SharedRegion, byteCount: Int) {
        name = region.name
        self.byteCount = byteCount
        writer = region.writer
        isOfPieces = false
    }

    /// The region for this number of sums on this host.
    func sized(pieceElementCount: Int) -> SharedRegion {
        isOfPieces ? SharedRegion(self, byteCount: pieceElementCount * 4) : self
    }

    /// The bytes that a local rank allocates.
    func part(ofLocalRank rank: Int, of ranks: Int) -> Range<Int> {
        let single = writer ?? (byteCount < 4096 ? 0 : nil)
        if let single { return rank == single ? 0..<byteCount : 0..<0 }
        return NodeLayout.slice(rank, of: ranks, count: byteCount, chunk: 4 * Int(lockstep_chunk))
    }
}
