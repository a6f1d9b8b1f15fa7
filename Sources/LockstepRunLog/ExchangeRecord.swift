import LockstepText

/// How the hosts of a run exchanged gradients: the measured network, and the sizes chosen for it. No bit of the
/// results depends on it.
public struct ExchangeRecord: Sendable, Equatable {
    /// The measured network between hosts.
    public struct Network: Sendable, Equatable {
        /// The time of a short message, one way, in seconds.
        public var latency: Double
        /// The processor time of a message in seconds.
        public var overhead: Double
        /// The bytes per second of a host, in each direction, with the lanes in use.
        public var bandwidth: Double

        /// The number of choices that there was no time to predict.
        public var untried: Int

        /// A network.
        public init(latency: Double, overhead: Double, bandwidth: Double, untried: Int = 0) {
            self.latency = latency
            self.overhead = overhead
            self.bandwidth = bandwidth
            self.untried = untried
        }
    }

    /// The network; nil if nothing was measured.
    public var network: Network?
    /// The number of ranks of each host that exchanged with other hosts.
    public var lanes: Int
    /// The bytes of the gradients that travelled together.
    public var bucketByteCount: Int
    /// The algorithm of the sums.
    public var algorithm: String
    /// Whether sums of other hosts arrived during the next forward pass.
    public var arrivesLater: Bool

    /// A record.
    public init(
        network: Network?, lanes: Int, bucketByteCount: Int, algorithm: String, arrivesLater: Bool
    ) {
        self.network = network
        self.lanes = lanes
        self.bucketByteCount = bucketByteCount
        self.algorithm = algorithm
        self.arrivesLater = arrivesLater
    }

    /// The record in `summary.json`.
    var json: JSONText {
        let measured: [(key: String, value: JSONText)] =
            network.map { network in
                [
                    ("latency_seconds", .number(network.latency)),
                    ("message_seconds", .number(network.overhead)),
                    ("bytes_per_second", .number(network.bandwidth)),
                ]
            } ?? []
        return .object(
            measured + [
                ("lanes", .integer(lanes)), ("bucket_bytes", .integer(bucketByteCount)),
                ("algorithm", .text(algorithm)), ("arrives_later", .truth(arrivesLater)),
            ])
    }

    /// A line for the log.
    public var line: String {
        let sizes =
            "buckets of \(ExchangeRecord.kibibytes(bucketByteCount)) on \(lanes) lane\(lanes == 1 ? "" : "s") of each host, "
            + "algorithm \(algorithm), \(arrivesLater ? "in two halves" : "whole")"
        guard let network else { return "Exchange between hosts: \(sizes)" }
        return "Exchange between hosts: measured \(rounded(network.latency * 1e6)) us and "
            + "\(rounded(network.bandwidth / 1e6)) MB/s; \(sizes)"
            + (network.untried == 0 ? "" : " (no time to predict \(network.untried) other choices)")
    }

    private static func kibibytes(_ bytes: Int) -> String {
        bytes % (1 << 20) == 0 ? "\(bytes >> 20) MiB" : "\(bytes >> 10) KiB"
    }

    private func rounded(_ value: Double) -> String {
        value < 10 ? "\((value * 10).rounded() / 10)" : "\(Int(min(value, 1e15).rounded()))"
    }
}
