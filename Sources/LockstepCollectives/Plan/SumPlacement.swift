/// Which sums of gradients a node has, and when. Statistics and records are exchanged in full in any case.
package enum SumPlacement: Sendable, Hashable {
    /// All sums, when `TreeAllreduce.exchange` returns.
    case whole
    /// All sums. Where there are many and none are left out, those of other nodes' parts arrive after `exchange`, during the next
    /// forward pass (`TreeAllreduce.deliver`).
    case arriving
    /// The sums of the node's own parts (`TreeAllreduce.pieces`), to update those parameters alone; `TreeAllreduce.deliver` sends the
    /// results to all others.
    case ownParts
    /// The sums of the node's own gradients: gradients do not travel.
    case ownGradients
}
