import CKernels

/// The format in which gradients travel between hosts.
public enum WireFormat: Sendable, Hashable {
    /// Unchanged: the sums have the bits of the reduction tree, on any number of ranks and hosts.
    case float32
    /// Rounded to bfloat16, half the bytes: the rounded sums of the hosts are added, and all hosts use the
    /// rounded total.
    case bfloat16
    /// The given fraction of every 4,096 gradients with the largest magnitudes, each with its index. The host
    /// adds the rest to its next gradients (error feedback). `AllreduceSettings.hostMomentum` applies a
    /// momentum before.
    case topK(fraction: Double)

    /// Whether a sum has the same bits for any number of hosts.
    public var isExact: Bool { self == .float32 }

    /// Whether hosts keep gradients that they have not sent.
    public var hasResidual: Bool {
        if case .topK = self { return true }
        return false
    }

    /// The fraction of the gradients that a host sends.
    public var density: Double { Double(entries(of: Int(lockstep_chunk))) / Double(lockstep_chunk) }

    /// The number of `count` neighboring gradients that are sent; at least one.
    func entries(of count: Int) -> Int {
        guard case .topK(let fraction) = self else { return count }
        return min(count, max(1, Int((Double(count) * fraction).rounded(.up))))
    }
}
