/// Which sums of gradients a node has, and when. Statistics and records are exchanged in full in any case.
package enum SumPlacement: Sendable, Hashable {
    /// All sums, when `TreeAllreduce.exchange` returns.
    case whole
    /// All sums. If they are many and the format drops none, those of other nodes' parts arrive after
    /// `exchange`, during the next forward pass (`TreeAllreduce.deliver`).
    case arriving
    /// The sums of the node's parts (`TreeAllreduce.pieces`), to update only those parameters;
    /// `TreeAllreduce.deliver` sends the results to all others.
    case ownParts
    /// The sums of the node's gradients, which do not travel.
    case ownGradients
}
