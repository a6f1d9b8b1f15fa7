import LockstepCollectives
import LockstepConfiguration

/// The exchange of gradients. Without compression and with Lockstep's algorithms it affects the speed of a
/// run, not its results.
public struct AllreduceConfiguration: Configurable, Equatable {
    /// The compression of gradients between hosts.
    public enum Compression: ConfigurableChoice, Equatable {
        /// No compression.
        case none
        /// Gradients are rounded to bfloat16: half the bytes.
        case bf16
        /// Only this fraction of the gradients is sent, those with the largest magnitudes; the rest is added
        /// to the next ones. Each host applies the optimizer's momentum before.
        case topK(Double)

        public static var choices: [ConfigurationChoice<Self>] {
            [
                .word("none", .none), .word("bf16", .bf16),
                .number(
                    "top_k", from: { if case .topK(let fraction) = $0 { fraction } else { nil } },
                    to: Self.topK, .sentShare,
                    "share of the gradients that is sent: those with the largest magnitudes"),
            ]
        }
    }

    /// Whether the ranks of a host share the memory of gradients and parameters; otherwise they send
    /// messages.
    public var sharedMemory = true
    /// How gradients are summed between hosts.
    public var algorithm = AllreduceAlgorithm.auto
    /// The compression between hosts.
    public var compression = Compression.none
    /// Whether gradients travel between hosts during the backward pass.
    public var overlap = true
    /// Whether what is open below, and the algorithm if it is `auto`, is chosen by a measurement of the network
    /// at the start.
    public var tune = true
    /// The bytes of the gradients that travel together between hosts; nil to choose them.
    public var bucket: Int?
    /// The number of ranks of a host that exchange with other hosts; nil to choose it.
    public var lanes: Int?

    public init() {}

    public static var keys: KeyTable<Self> {
        KeyTable(
            .flag(
                "shared_memory", \.sharedMemory,
                "ranks of a host share memory; otherwise they send messages"),
            .word("algorithm", \.algorithm, "algorithm of sums between hosts"),
            .choice(
                "compression", \.compression,
                "compression between hosts: bf16 sends half the bytes, top_k the largest gradients"),
            .flag(
                "overlap", \.overlap,
                "gradients travel between hosts during the backward pass"),
            .flag(
                "tune", \.tune,
                "the network between hosts is measured at the start, and what is auto here is chosen for it; false for fixed sizes"
            ),
            .optionalSize(
                "bucket", \.bucket, .bucket, "gradients that travel together between hosts", absent: "auto"),
            .optionalInteger(
                "lanes", \.lanes, .lanes, "ranks of a host that exchange with other hosts, at most all",
                absent: "auto"))
    }

    /// The format in which gradients travel between hosts.
    package var format: WireFormat {
        switch compression {
        case .none: .float32
        case .bf16: .bfloat16
        case .topK(let fraction): .topK(fraction: fraction)
        }
    }

    /// The settings of the exchange.
    package var settings: AllreduceSettings {
        var settings = AllreduceSettings(
            sharedMemory: sharedMemory ? .allowed : .refused, algorithm: algorithm, format: format,
            overlapsBackward: overlap)
        settings.isTuned = tune
        settings.tuning = ExchangeTuning(lanes: lanes, bucketByteCount: bucket)
        return settings
    }

    /// - Throws: `ConfigurationError` for values in conflict.
    package func validate(at locations: ConfigurationLocations) throws {
        if algorithm == .mpi && compression != .none {
            throw locations.error(
                .conflict, "allreduce.compression",
                "MPI's own sum cannot compress; leave allreduce.algorithm at auto, or compression at none")
        }
    }
}

extension LegalRange<Double> {
    /// The range of `top_k`.
    fileprivate static var sentShare: Self { .above(0, upTo: 1) }
}

extension LegalRange<Int> {
    /// The range of `bucket`, in bytes.
    fileprivate static var bucket: Self { .within(1...1 << 30) }
    /// The range of `lanes`.
    fileprivate static var lanes: Self { .within(1...4096) }
}
