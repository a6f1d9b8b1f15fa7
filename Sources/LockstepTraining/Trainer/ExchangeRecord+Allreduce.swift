import LockstepCollectives
import LockstepRunLog

extension ExchangeRecord {
    /// The record of an exchange; nil on one host.
    init?(_ allreduce: TreeAllreduce) {
        guard allreduce.nodeCount > 1 else { return nil }
        let (lanes, bucketByteCount) = allreduce.sizes
        self.init(
            network: allreduce.choice.link.map {
                Network(
                    latency: $0.latency, overhead: $0.overhead, bandwidth: $0.bandwidth(lanes: lanes),
                    untried: allreduce.choice.untried)
            },
            lanes: lanes, bucketByteCount: bucketByteCount, algorithm: allreduce.settings.algorithm.rawValue,
            arrivesLater: allreduce.isInParts)
    }
}
