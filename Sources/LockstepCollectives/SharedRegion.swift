/// A piece of memory that all ranks of a host see.
public struct SharedRegion: Sendable, Hashable {
    /// The name it is found by.
    public let name: String
    /// The size in bytes.
    public let byteCount: Int

    /// A region; a multiple of a page when it is large.
    public init(_ name: String, byteCount: Int) {
        self.name = name
        self.byteCount = byteCount
    }
}

/// Whether the ranks of a host may share memory.
public enum SharedMemoryPolicy: String, Sendable, Codable, CaseIterable {
    /// They do, where it can be had.
    case allowed
    /// Each rank has memory of its own, and gradients travel by messages.
    case refused
}
