extension MeasuredLink {
    /// The model of a cluster with this network.
    package func cluster(lanes: Int) -> ClusterModel {
        ClusterModel(
            bandwidth: bandwidth(lanes: lanes), latency: latency, overhead: overhead,
            memoryBandwidth: MeasuredLink.memoryBandwidthOfLane * Double(lanes))
    }

    /// What a rank reads and writes when it adds, in bytes per second; assumed, since it hardly matters.
    private static let memoryBandwidthOfLane = 10e9
}
