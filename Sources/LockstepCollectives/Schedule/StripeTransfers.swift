import CKernels

/// The messages of one stripe on one lane of one node, by stage.
struct StripeTransfers {
    let plan: NodePlan
    let parts: NodeParts
    let node: Int
    let stripe: Range<Int>
    let granularity: Int
    /// The bytes of a number in a message.
    let wordByteCount: Int
    let format: WireFormat

    /// Calls `body` for every peer with the bytes sent to it and received from it, and the number of equal
    /// messages that the sent ones consist of.
    func forEach(
        _ stage: StripeStage, _ body: (_ peer: Int, _ sent: Int, _ received: Int, _ messages: Int) -> Void
    ) {
        switch stage {
        case .whole:
            forOthers { body($0, bytes(stripe) * own, bytes(stripe) * subtrees(of: $0), own) }
        case .scattering:
            forOthers {
                body($0, bytes(part(of: $0)) * own, bytes(part(of: node)) * subtrees(of: $0), own)
            }
        case .allGathering: forOthers { body($0, bytes(part(of: node)), bytes(part(of: $0)), 1) }
        case .halving(let round):
            let (kept, given) = parts.halves(before(round), of: node, round: round, granularity: granularity)
            body(node ^ 1 << round, bytes(given), bytes(kept), 1)
        case .doubling(let round):
            let (have, missing) = parts.halves(
                before(round), of: node, round: round, granularity: granularity)
            body(node ^ 1 << round, bytes(have), bytes(missing), 1)
        case .library: break
        case .sparse:
            let bytes = entries * MemoryLayout<lockstep_sparse_entry>.stride
            forOthers { body($0, bytes, bytes, 1) }
        }
    }

    /// The bytes that are added or copied after a stage.
    func combined(_ stage: StripeStage) -> Int {
        switch stage {
        case .whole: stripe.count * 4 * plan.nodeOfSubtree.count
        case .scattering: part(of: node).count * 4 * plan.nodeOfSubtree.count
        case .halving(let round):
            parts.halves(before(round), of: node, round: round, granularity: granularity).kept.count * 8
        case .doubling, .allGathering, .library: 0
        case .sparse: entries * MemoryLayout<lockstep_sparse_entry>.stride * parts.count
        }
    }

    /// The range of recursive halving before a round.
    private func before(_ round: Int) -> Range<Int> {
        var range = stripe
        for earlier in 0..<round {
            range = parts.halves(range, of: node, round: earlier, granularity: granularity).kept
        }
        return range
    }

    private var own: Int { subtrees(of: node) }

    private func subtrees(of node: Int) -> Int { plan.nodeOfSubtree.count { $0 == node } }

    private func part(of node: Int) -> Range<Int> { parts.part(of: node, stripe, granularity: granularity) }

    private func bytes(_ range: Range<Int>) -> Int { range.count * wordByteCount }

    private var entries: Int {
        let chunk = Int(lockstep_chunk)
        let rest = stripe.count % chunk
        return stripe.count / chunk * format.entries(of: chunk) + (rest > 0 ? format.entries(of: rest) : 0)
    }

    /// The other nodes, each node starting behind itself.
    private func forOthers(_ body: (Int) -> Void) {
        for distance in 1..<parts.count { body((node + distance) % parts.count) }
    }
}
