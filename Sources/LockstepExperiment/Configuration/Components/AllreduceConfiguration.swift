import LockstepCollectives
import LockstepConfiguration

/// How ranks exchange gradients. Without compression and with our own algorithms it changes the speed of a run, never its results.
public struct AllreduceConfiguration: Codable, Sendable, Equatable {
    /// What is left out of gradients on their way between hosts.
    public enum Compression: Codable, Sendable, Equatable {
        /// Nothing.
        case none
        /// They are rounded to bfloat16: half the bytes.
        case bf16
        /// Only this part of them is sent, those with the largest magnitudes; the rest is added to the next ones. The optimizer's
        /// momentum is made on each host, before that.
        case topK(Double)
    }

    /// Whether gradients and parameters lie in memory that the ranks of a host share; otherwise they are sent as
    /// messages.
    public var sharedMemory: Bool
    /// How sums are made between hosts.
    public var algorithm: AllreduceAlgorithm
    /// What is left out between hosts.
    public var compression: Compression
    /// Whether gradients travel between hosts while the rest of backward is computed.
    public var overlap: Bool

    /// Makes a configuration.
    public init(
        sharedMemory: Bool = true, algorithm: AllreduceAlgorithm = .auto, compression: Compression = .none,
        overlap: Bool = true
    ) {
        self.sharedMemory = sharedMemory
        self.algorithm = algorithm
        self.compression = compression
        self.overlap = overlap
    }

    /// The form in which gradients travel between hosts.
    package var format: WireFormat {
        switch compression {
        case .none: .float32
        case .bf16: .bfloat16
        case .topK(let fraction): .topK(fraction: fraction)
        }
    }

    package static func read(_ section: ConfigurationSection, _ value: Self?) throws -> Self {
        let value = value ?? Self()
        let choices: [ConfigurationChoice<Compression>] = [
            .word("none", .none) { $0 == .none },
            .word("bf16", .bf16) { $0 == .bf16 },
            .value(
                "top_k", from: { if case .topK(let fraction) = $0 { fraction } else { nil } },
                to: Compression.topK,
                read: {
                    try $0.double(
                        "top_k",
                        "share of the gradients that is sent: those with the largest magnitudes",
                        default: $1, .sentShare)
                }),
        ]
        return Self(
            sharedMemory: try section.boolean(
                "shared_memory", "ranks of a host share memory; otherwise they send messages",
                default: value.sharedMemory),
            algorithm: try section.word(
                "algorithm", "how sums between hosts are made", default: value.algorithm),
            compression: try section.choice(
                "compression",
                "what is left out between hosts: bf16 sends half the bytes, top_k the largest gradients",
                default: value.compression, choices),
            overlap: try section.boolean(
                "overlap", "gradients travel between hosts while the rest of backward is computed",
                default: value.overlap))
    }

    /// - Throws: `ConfigurationError` for a fraction out of range, or what does not go together.
    package func validate(at locations: ConfigurationLocations) throws {
        if case .topK(let fraction) = compression,
            let problem = LegalRange<Double>.sentShare.problem(with: fraction)
        {
            throw locations.error(.illegalValue, "allreduce.compression.top_k", problem)
        }
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
