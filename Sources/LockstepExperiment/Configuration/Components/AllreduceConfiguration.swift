import LockstepCollectives
import LockstepConfiguration

/// How ranks exchange gradients. Without compression and with our own algorithms it changes the speed of a run, never its results.
public struct AllreduceConfiguration: Configurable, Equatable {
    /// What is left out of gradients on their way between hosts.
    public enum Compression: ConfigurableChoice, Equatable {
        /// Nothing.
        case none
        /// They are rounded to bfloat16: half the bytes.
        case bf16
        /// Only this part of them is sent, those with the largest magnitudes; the rest is added to the next ones. The optimizer's
        /// momentum is made on each host, before that.
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

    /// Whether gradients and parameters lie in memory that the ranks of a host share; otherwise they are sent as
    /// messages.
    public var sharedMemory = true
    /// How sums are made between hosts.
    public var algorithm = AllreduceAlgorithm.auto
    /// What is left out between hosts.
    public var compression = Compression.none
    /// Whether gradients travel between hosts while the rest of backward is computed.
    public var overlap = true

    public init() {}

    public static var keys: KeyTable<Self> {
        KeyTable(
            .flag(
                "shared_memory", \.sharedMemory,
                "ranks of a host share memory; otherwise they send messages"),
            .word("algorithm", \.algorithm, "how sums between hosts are made"),
            .choice(
                "compression", \.compression,
                "what is left out between hosts: bf16 sends half the bytes, top_k the largest gradients"),
            .flag(
                "overlap", \.overlap,
                "gradients travel between hosts while the rest of backward is computed"))
    }

    /// The form in which gradients travel between hosts.
    package var format: WireFormat {
        switch compression {
        case .none: .float32
        case .bf16: .bfloat16
        case .topK(let fraction): .topK(fraction: fraction)
        }
    }

    /// - Throws: `ConfigurationError` for what does not go together.
    package func validate(at locations: ConfigurationLocations) throws {
        if algorithm == .mpi && compression != .none {
            throw locations.error(
                .conflict, "allreduce.compression",
                "MPI's own sum cannot compress; leave allreduce.algorithm at auto, or compression at none")
        }
    }
}

extension LegalRange<Double> {
    /// The share of the gradients that is sent.
    fileprivate static var sentShare: Self { .above(0, upTo: 1) }
}
