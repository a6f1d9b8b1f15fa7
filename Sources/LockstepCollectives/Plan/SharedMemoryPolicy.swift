/// Whether the ranks of a host may share memory.
public enum SharedMemoryPolicy: String, Sendable, Codable, CaseIterable {
    /// They do, where the system provides it.
    case allowed
    /// Each rank has private memory, and gradients travel by messages.
    case refused
}
