/// A stage of the exchange of one stripe: messages, and the additions that follow them.
enum StripeStage: Hashable {
    /// All subtrees to all nodes.
    case whole
    case halving(round: Int)
    case doubling(round: Int)
    /// Parts of subtrees to the nodes that sum them.
    case scattering
    /// Sums of parts to all nodes.
    case allGathering
    case library
    case sparse

    /// The first stage of an algorithm.
    static func first(_ path: NodePaths.Path) -> StripeStage {
        switch path {
        case .whole: .whole
        case .halving: .halving(round: 0)
        case .direct: .scattering
        case .library: .library
        case .sparse: .sparse
        }
    }

    /// The stage after this one; nil if the exchange is complete.
    func next(_ work: NodePaths.Work, _ parts: NodeParts) -> StripeStage? {
        switch self {
        case .halving(let round) where round + 1 < parts.rounds: .halving(round: round + 1)
        case .halving, .scattering:
            if work == .reduceScatter {
                nil
            } else {
                parts.isHalving ? .doubling(round: parts.rounds - 1) : .allGathering
            }
        case .doubling(let round): round > 0 ? .doubling(round: round - 1) : nil
        case .whole, .allGathering, .library, .sparse: nil
        }
    }
}
