import LockstepText

/// How long ranks were busy before they waited for each other, as a mean per step: waiting for their loader, forward and
/// backward.
public struct RankSeconds: Sendable, Hashable {
    /// Of the fastest rank, in seconds.
    public var minimum: Double
    /// The median over all ranks, in seconds.
    public var median: Double
    /// Of the slowest rank, in seconds: all others wait for it.
    public var maximum: Double
    /// The number of the slowest rank.
    public var slowestRank: Int

    /// Makes a value.
    public init(minimum: Double, median: Double, maximum: Double, slowestRank: Int) {
        self.minimum = minimum
        self.median = median
        self.maximum = maximum
        self.slowestRank = slowestRank
    }
}

/// A rank that is clearly slower than the others: more than `factor` times as long for a shard.
public struct Straggler: Sendable, Hashable {
    /// The phase in which it is slow.
    public enum Phase: String, Sendable {
        /// Waiting for its loader.
        case load
        /// Forward and backward.
        case compute
    }

    /// How many times as long as the median of the others.
    public static let factor = 1.2

    /// The rank.
    public var rank: Int
    /// Its host.
    public var host: String
    /// The phase in which it is slow.
    public var phase: Phase
    /// The time that it takes for one of its shards, in seconds.
    public var shardSeconds: Double
    /// The median of the same over the other ranks, in seconds.
    public var shardSecondsOfOthers: Double

    /// Makes a value.
    public init(
        rank: Int, host: String, phase: Phase, shardSeconds: Double, shardSecondsOfOthers: Double
    ) {
        self.rank = rank
        self.host = host
        self.phase = phase
        self.shardSeconds = shardSeconds
        self.shardSecondsOfOthers = shardSecondsOfOthers
    }

    /// The description in one line.
    public var text: String {
        var buffer = TextBuffer()
        buffer.append("rank \(rank) on \(host) is slower than the others: ")
        buffer.append(1000 * shardSeconds, digits: 3)
        buffer.append(" ms for a shard, the other ranks ")
        buffer.append(1000 * shardSecondsOfOthers, digits: 3)
        buffer.append(" ms (median); phase \(phase.rawValue)")
        return String(decoding: buffer.bytes, as: UTF8.self)
    }
}
