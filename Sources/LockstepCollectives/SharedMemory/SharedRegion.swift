import CKernels

/// A piece of memory that all ranks of a host see.
public struct SharedRegion: Sendable, Hashable {
    /// The name it is found by.
    public let name: String
    /// The size in bytes.
    public let byteCount: Int
    /// The rank on its host that writes most of it; nil when every rank writes its slice.
    public let writer: Int?
    /// Whether it holds a float for each gradient whose sum this host has (`TreeAllreduce.pieceElementCount`).
    let isOfPieces: Bool

    /// A region; it starts at a page when it is large.
    /// - Parameter writer: the local rank on whose memory node it is to lie; nil gives every local rank a part, cut like
    ///   the slices of `TreeAllreduce`.
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

    /// The region when this host has the sums of so many gradients.
    func sized(pieceElementCount: Int) -> SharedRegion {
        isOfPieces ? SharedRegion(self, byteCount: pieceElementCount * 4) : self
    }

    /// The bytes that a local rank is to allocate.
    func part(ofLocalRank rank: Int, of ranks: Int) -> Range<Int> {
        let single = writer ?? (byteCount < 4096 ? 0 : nil)
        if let single { return rank == single ? 0..<byteCount : 0..<0 }
        return NodeLayout.slice(rank, of: ranks, count: byteCount, chunk: 4 * Int(lockstep_chunk))
    }
}
