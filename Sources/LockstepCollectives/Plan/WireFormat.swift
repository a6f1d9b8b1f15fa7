import CKernels

/// The form in which gradients travel between hosts.
public enum WireFormat: Sendable, Hashable {
    /// As they are: the sums have the bits of the reduction tree, on any number of ranks and hosts.
    case float32
    /// Rounded to bfloat16, half the bytes. Sums of the hosts' rounded sums; the total is rounded too, and all hosts
    /// use the rounded one.
    case bfloat16
    /// Of every 4,096 gradients the given part with the largest magnitudes, each with its place; the rest is kept by the host and
    /// added to its next gradients (error feedback). `AllreduceSettings.hostMomentum` makes a momentum of them before.
    case topK(fraction: Double)

    /// Whether a sum has the same bits for any number of hosts.
    public var isExact: Bool { self == .float32 }

    /// Whether hosts keep what they have not sent.
    public var hasResidual: Bool {
        if case .topK = self { return true }
        return false
    }

    /// The part of the gradients that a host sends.
    public var density: Double { Double(entries(of: Int(lockstep_chunk))) / Double(lockstep_chunk) }

    /// How many of `count` neighbouring gradients are sent; at least one.
    func entries(of count: Int) -> Int {
        guard case .topK(let fraction) = self else { return count }
        return min(count, max(1, Int((Double(count) * fraction).rounded(.up))))
    }
}
