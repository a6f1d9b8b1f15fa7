import Foundation
import LockstepCollectives

/// Writes steps as a time-independent trace for SimGrid's `smpirun -replay`: what each process computes and
/// sends, in its order, without times.
///
/// A host has one process that computes as its slowest rank does, one for each chain of buckets, and one that
/// delivers parts to other hosts. They wake each other with empty messages. Process p of host h has the
/// number h * processes + p.
package struct ScheduleTrace {
    /// The number of processes of a host.
    package let processes: Int

    private let schedule: ExchangeSchedule
    private let profile: StepProfile
    private let cluster: ClusterModel
    private let steps: Int
    private let stages: [ExchangeSchedule.Stage]

    /// The largest number of hosts whose second half is written message by message. Beyond it a host sends
    /// as many bytes to `sampledPeers` others, evenly spaced.
    package static let exactHosts = 16
    private static let sampledPeers = 16
    /// The number of messages of a delivery that are under way at the same time; fewer on many hosts, to keep
    /// the simulation quick.
    private var window: Int { schedule.nodes > ScheduleTrace.exactHosts ? 2 : 16 }
    /// Operations per second of a simulated core: a compute action of one second has so many.
    package static let speed = 1e9

    private enum Tag {
        static let published = 1_000_000
        static let summed = 2_000_000
        static let deliver = 3_000_000
        static let arrived = 4_000_000
        static let part = 5_000_000
        static let records = 6_000_000
        static let squares = 7_000_000
        static let rows = 8_000_000
    }

    /// The number of processes of a host: one computes, one per chain exchanges, and one delivers parts.
    static func processes(of schedule: ExchangeSchedule) -> Int {
        schedule.chains + (schedule.isInParts ? 2 : 1)
    }

    package init(_ schedule: ExchangeSchedule, _ profile: StepProfile, _ cluster: ClusterModel, steps: Int) {
        self.schedule = schedule
        self.profile = profile
        self.cluster = cluster
        self.steps = steps
        stages = schedule.stages(of: 0)
        processes = ScheduleTrace.processes(of: schedule)
    }

    /// The trace: one action per line.
    package var text: String {
        var lines = Lines()
        for host in 0..<schedule.nodes {
            addComputation(host, &lines)
            let stages = schedule.stages(of: host)
            for chain in 0..<schedule.chains { addChain(chain, of: host, stages, &lines) }
            if schedule.isInParts { addDelivery(host, &lines) }
        }
        return lines.text
    }

    private struct Lines {
        var text = ""
        var process = 0

        mutating func add(_ words: String) { text += "\(process) \(words)\n" }
        mutating func compute(_ seconds: Double) {
            if seconds > 0 { add("compute \(Int((seconds * ScheduleTrace.speed).rounded()))") }
        }
        /// An empty message to a process of the same host.
        mutating func wake(_ process: Int, _ tag: Int) { add("send \(process) \(tag) 1 6") }
        mutating func sleep(_ process: Int, _ tag: Int) { add("recv \(process) \(tag) 1 6") }
    }

    private func chainProcess(_ chain: Int, of host: Int) -> Int { host * processes + 1 + chain }

    /// The process that computes.
    private func addComputation(_ host: Int, _ lines: inout Lines) {
        let (me, delivery) = (host * processes, host * processes + processes - 1)
        lines.process = me
        lines.add("init")
        var draws = NormalDraws(seed: UInt64(host))
        let reads = (0..<(schedule.isInParts ? schedule.bucketCount : 0))
            .map { (bucket: $0, seconds: profile.read(of: schedule.range(ofBucket: $0))) }
            .sorted { ($0.seconds, $0.bucket) < ($1.seconds, $1.bucket) }
        if schedule.isInParts { lines.wake(delivery, Tag.deliver) }
        for step in 0..<steps {
            var slowest = 0.0
            for _ in 0..<schedule.ranksEach { slowest = max(slowest, draws.next()) }
            let late = 1 + cluster.deviation * slowest
            var now = 0.0
            for read in reads {
                lines.compute((read.seconds - now) * late)
                now = max(now, read.seconds)
                lines.sleep(delivery, Tag.arrived + read.bucket)
            }
            lines.compute((profile.forward - now) * late)
            now = 0
            for stage in stages {
                let end =
                    stage.bucket == schedule.bucketCount
                    ? profile.backward : profile.finish(before: stage.range.upperBound)
                lines.compute((end - now) * late)
                now = max(now, end)
                lines.wake(chainProcess(stage.chain, of: host), Tag.published + stage.bucket)
            }
            lines.compute((profile.backward - now) * late)
            add(schedule.rowRounds(of: host), 0, Tag.rows, lanes: 1, &lines)
            for stage in stages {
                lines.sleep(chainProcess(stage.chain, of: host), Tag.summed + stage.bucket)
            }
            add(schedule.recordRounds(of: host), 0, Tag.records, lanes: 1, &lines)
            lines.compute(Double(schedule.recordByteCount * schedule.ranksEach) / cluster.memoryBandwidth)
            add(schedule.squareRounds(of: host), 0, Tag.squares, lanes: 1, &lines)
            lines.compute(profile.rest * late)
            if schedule.isInParts && step + 1 < steps { lines.wake(delivery, Tag.deliver) }
        }
        lines.add("finalize")
    }

    /// The process that exchanges the buckets of a chain.
    private func addChain(
        _ chain: Int, of host: Int, _ stages: [ExchangeSchedule.Stage], _ lines: inout Lines
    ) {
        lines.process = chainProcess(chain, of: host)
        lines.add("init")
        for _ in 0..<steps {
            for stage in stages where stage.chain == chain {
                lines.sleep(host * processes, Tag.published + stage.bucket)
                lines.compute(Double(stage.summed) / cluster.memoryBandwidth)
                add(stage.rounds, 1 + chain, stage.bucket, lanes: stage.lanes, &lines)
                lines.wake(host * processes, Tag.summed + stage.bucket)
            }
        }
        lines.add("finalize")
    }

    /// Rounds with the same process of other hosts.
    private func add(
        _ rounds: [ExchangeSchedule.Round], _ process: Int, _ tag: Int, lanes: Int, _ lines: inout Lines
    ) {
        for round in rounds {
            lines.compute(cluster.overhead * Double(round.traffic.messages) / Double(lanes))
            for transfer in round.transfers {
                if transfer.received > 0 {
                    lines.add("irecv \(transfer.source * processes + process) \(tag) \(transfer.received) 6")
                }
                if transfer.sent > 0 {
                    lines.add("isend \(transfer.destination * processes + process) \(tag) \(transfer.sent) 6")
                }
            }
            lines.add("waitall")
            lines.compute(Double(round.combined) / cluster.memoryBandwidth)
        }
    }

    /// The process that sends this host's parts to all others, and receives theirs.
    private func addDelivery(_ host: Int, _ lines: inout Lines) {
        let (me, hosts) = (processes - 1, schedule.nodes)
        lines.process = host * processes + me
        lines.add("init")
        let sampled = hosts > ScheduleTrace.exactHosts
        let distances =
            sampled
            ? (0..<ScheduleTrace.sampledPeers).map { 1 + $0 * (hosts - 1) / ScheduleTrace.sampledPeers }
            : Array(1..<hosts)
        let factor = Double(hosts - 1) / Double(distances.count)
        for _ in 0..<steps {
            lines.sleep(host * processes, Tag.deliver)
            for bucket in (0..<schedule.bucketCount).reversed() {
                let sent = Double(schedule.partByteCount(of: host, bucket: bucket)) * factor
                var pending = 0
                for distance in distances {
                    let (to, from) = ((host + distance) % hosts, (host + hosts - distance) % hosts)
                    let received = Double(schedule.partByteCount(of: from, bucket: bucket)) * factor
                    if received > 0 {
                        lines.add("irecv \(from * processes + me) \(Tag.part + bucket) \(Int(received)) 6")
                    }
                    if sent > 0 {
                        lines.add("isend \(to * processes + me) \(Tag.part + bucket) \(Int(sent)) 6")
                    }
                    pending += 1
                    if pending == window {
                        lines.add("waitall")
                        pending = 0
                    }
                }
                if pending > 0 { lines.add("waitall") }
                lines.wake(host * processes, Tag.arrived + bucket)
            }
        }
        lines.add("finalize")
    }
}

/// Standard normal numbers from a seed.
private struct NormalDraws {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0xD1B5_4A32_D192_ED03 }

    /// Box and Muller's method.
    mutating func next() -> Double {
        (-2 * log(uniform())).squareRoot() * cos(2 * Double.pi * uniform())
    }

    /// A number above 0, at most 1 (SplitMix64).
    private mutating func uniform() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return (Double((z ^ z >> 31) >> 11) + 1) / Double(1 << 53)
    }
}
