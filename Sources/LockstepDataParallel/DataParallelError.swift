/// An error of a data-parallel run apart from communication.
public enum DataParallelError: Error, Sendable, Hashable {
    /// The handlers for stop signals could not be installed.
    case signalHandlers(String)
    /// The sample weights of a step are all 0: their average is undefined. The step is counted from 1, as in
    /// logs.
    case weightless(step: Int)
    /// The parameters of two hosts differ, but must have the same bits.
    case desynchronized(step: Int, hosts: [Int])
    /// More ranks than shards.
    case tooManyRanks(ranks: Int, shards: Int)
    /// A phase that trains no parameter.
    case emptyPhase(String)
    /// A method of exchanging gradients that does not support several phases.
    case severalPhases(String)
    /// A way to update that a layer-wise optimizer cannot be used with.
    case layerwise(String)
    /// A way to train that sparse tables cannot be used with, and the first such table.
    case sparse(String, table: String)
}

extension DataParallelError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .signalHandlers(let reason):
            "The handlers for stop signals could not be installed: \(reason)."
        case .weightless(let step):
            "Step \(step): the weights of all samples sum to zero, so their average loss is not defined. "
                + "Check the class weights (every class of the training set needs a positive one), the sample weights, "
                + "or the weight of the task's loss."
        case .desynchronized(let step, let hosts):
            "Step \(step): the parameters of host\(hosts.count == 1 ? "" : "s") "
                + "\(hosts.map(String.init).joined(separator: ", ")) differ from those of host 0. "
                + "The replicas are no longer equal (faulty memory, or different processors or libraries?). "
                + "Resume from the newest checkpoint; it was written while they were equal."
        case .tooManyRanks(let ranks, let shards):
            "\(ranks) ranks, but only \(shards) shards: a rank without a shard has nothing to do. "
                + "Use at most \(shards) ranks, or set `shards` to \(ranks) or more."
        case .emptyPhase(let name):
            "The phase '\(name)' trains no parameter: none has the names that it asks for, or an earlier phase trains them all."
        case .severalPhases(let way):
            "\(way) works with one phase of training only. Remove it, or train all parameters in one phase."
        case .layerwise(let way):
            "\(way) does not go with an optimizer that needs the norms of whole parameters (lars, lamb): hosts have parts of them only. "
                + "Remove it, or use another optimizer."
        case .sparse(let way, let table):
            "\(way) does not go with the sparse table \(table), of which a step changes only the rows that its batch uses. "
                + "Remove it, or register the table without isSparse."
        }
    }
}
