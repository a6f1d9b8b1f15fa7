/// The network between the nodes of a run, as their exchange sees it: of all nodes and lanes the slowest counts.
package struct MeasuredLink: Sendable, Hashable {
    /// The time of a short message from node to node, one way, without its processor time, in seconds.
    package var latency: Double
    /// The processor time of a message, for sender and receiver together, in seconds.
    package var overhead: Double
    /// The bytes per second of a node, in each direction at the same time, by the number of lanes that send.
    package var rates: [Rate]

    /// The bandwidth with some lanes.
    package struct Rate: Sendable, Hashable {
        package var lanes: Int
        package var bytesPerSecond: Double

        package init(lanes: Int, bytesPerSecond: Double) {
            self.lanes = lanes
            self.bytesPerSecond = bytesPerSecond
        }
    }

    package init(latency: Double, overhead: Double, rates: [Rate]) {
        self.latency = latency
        self.overhead = overhead
        self.rates = rates
    }

    /// The bandwidth with this number of lanes: that of the largest measured number up to it.
    package func bandwidth(lanes: Int) -> Double {
        (rates.last { $0.lanes <= lanes } ?? rates.first)?.bytesPerSecond ?? .infinity
    }
}
