/// What a prediction assumes about a cluster of equal hosts.
package struct ClusterModel: Sendable {
    /// The bytes per second of a host's link, in each direction.
    package var bandwidth: Double
    /// The time of a short message from host to host, one way, in seconds.
    package var latency: Double
    /// The processor time of a message, for sender and receiver together, in seconds.
    package var overhead: Double
    /// The bytes per second that all ranks of a host together read and write when they add gradients.
    package var memoryBandwidth: Double
    /// The relative standard deviation of a rank's time of a step; ranks are independent.
    package var deviation: Double
    /// Where hosts share links.
    package var levels: [Level]

    /// A part of the network whose hosts share their links to the rest.
    package struct Level: Sendable, Hashable {
        /// The number of hosts in the part, with consecutive numbers.
        package var span: Int
        /// The sum of the hosts' bandwidths over that of their links to the rest, if all talk to all.
        package var uniform: Double
        /// The same if all talk to the hosts of one other part.
        package var paired: Double

        package init(span: Int, uniform: Double, paired: Double) {
            self.span = span
            self.uniform = uniform
            self.paired = paired
        }
    }

    package init(
        bandwidth: Double, latency: Double, overhead: Double = 2e-6, memoryBandwidth: Double = 100e9,
        deviation: Double = 0, levels: [Level] = []
    ) {
        self.bandwidth = bandwidth
        self.latency = latency
        self.overhead = overhead
        self.memoryBandwidth = memoryBandwidth
        self.deviation = deviation
        self.levels = levels
    }

    /// By how much messages to a host at this distance are slower because of shared links: the lower bound of
    /// their number apart decides which links they use.
    func slowdown(distance: Int) -> Double {
        levels.reduce(1) { distance >= $1.span ? max($0, $1.paired) : $0 }
    }

    /// The same if every host sends equal amounts to all others.
    func slowdown(all hosts: Int) -> Double {
        levels.reduce(1) { max($0, hosts > $1.span ? $1.uniform * (1 - Double($1.span) / Double(hosts)) : 0) }
    }
}
