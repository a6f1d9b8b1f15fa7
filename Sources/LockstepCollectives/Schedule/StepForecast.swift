/// A prediction of a step on a cluster, from the schedule of the exchange and the times of one rank.
///
/// The link of a host is a queue: rounds of buckets take it in the order in which they become ready. A round
/// costs the processor time of its messages, the time of its bytes on the link, one latency, and the
/// additions. Buckets of one chain follow each other. The records and sums of squares follow the last bucket;
/// then the update; then parts of other hosts arrive during the next forward pass, the highest bucket first.
/// Every host waits for the slowest rank once per step.
package struct StepForecast: Sendable {
    /// The time of a step in seconds.
    package private(set) var step = 0.0
    /// The time of computation of the slowest rank: the passes and the rest of a step.
    package private(set) var compute = 0.0
    /// The wait of the forward pass for parts of other hosts.
    package private(set) var arrival = 0.0
    /// The time from the end of the backward pass until all sums are complete.
    package private(set) var sums = 0.0
    /// The time of the records and hashes.
    package private(set) var records = 0.0
    /// The time of the sums of squares.
    package private(set) var squares = 0.0
    /// The time of the gather of the rows of sparse tables, which follows the backward pass.
    package private(set) var rows = 0.0
    /// The time for which the link of the busiest host carries bytes in one direction.
    package private(set) var link = 0.0

    /// The efficiency of weak scaling: the time of a rank alone over that of a step.
    package private(set) var efficiency = 1.0

    /// - Parameter schedule: of any number of hosts.
    package init(_ schedule: ExchangeSchedule, _ profile: StepProfile, _ cluster: ClusterModel) {
        self.init(
            schedule, stages: schedule.nodes > 1 ? schedule.stages(of: 0) : [], profile, cluster)
    }

    /// - Parameter stages: those of node 0 in this schedule.
    init(
        _ schedule: ExchangeSchedule, stages: [ExchangeSchedule.Stage], _ profile: StepProfile,
        _ cluster: ClusterModel
    ) {
        let ranks = schedule.nodes * schedule.ranksEach
        let late = 1 + cluster.deviation * expectedMaximum(of: ranks)
        let (forward, backward) = (profile.forward * late, profile.backward * late)
        compute = profile.step * late
        if schedule.nodes > 1 {
            let arrivals = StepForecast.arrivals(schedule, cluster)
            link += arrivals.link
            // Backward begins when everything has arrived.
            var slip = max(0, arrivals.last - forward)
            for (bucket, seconds) in arrivals.times.enumerated() {
                let range = schedule.range(ofBucket: bucket)
                slip = max(slip, seconds - profile.read(of: range) * late)
            }
            arrival = slip
            let sums = StepForecast.sums(schedule, stages, profile, cluster, late: late)
            link += sums.link
            self.sums = max(0, sums.end - backward)
            records =
                StepForecast.time(of: schedule.recordRounds(of: 0), cluster)
                + Double(schedule.recordByteCount * schedule.ranksEach) / cluster.memoryBandwidth
            squares = StepForecast.time(of: schedule.squareRounds(of: 0), cluster)
            let rowRounds = schedule.rowRounds(of: 0)
            rows = StepForecast.time(of: rowRounds, cluster)
            link += rowRounds.reduce(0) { $0 + StepForecast.wire($1, schedule.nodes, cluster) }
        } else {
            sums = Double(schedule.gradientCount * 4 * schedule.ranksEach) / cluster.memoryBandwidth
        }
        // Every rank reads the rows of all ranks.
        rows += Double(schedule.rowByteCount * ranks * schedule.ranksEach) / cluster.memoryBandwidth
        step = compute + arrival + rows + sums + records + squares
        efficiency = profile.step / step
    }

    /// When each bucket's parts of other hosts have arrived, after the update.
    private static func arrivals(
        _ schedule: ExchangeSchedule, _ cluster: ClusterModel
    ) -> (times: [Double], last: Double, link: Double) {
        guard schedule.isInParts else { return ([], 0, 0) }
        var times = [Double](repeating: 0, count: schedule.bucketCount)
        var now = 0.0
        let slowdown = cluster.slowdown(all: schedule.nodes)
        for bucket in (0..<schedule.bucketCount).reversed() {
            let parts = (0..<schedule.nodes).map { schedule.partByteCount(of: $0, bucket: bucket) }
            let (most, total) = (parts.max() ?? 0, parts.reduce(0, +))
            // The busiest host sends its part to all others; the one with the smallest part receives most.
            let bytes = max(most * (schedule.nodes - 1), total - (parts.min() ?? 0))
            let messages = parts.count { $0 > 0 }
            // Lanes take turns, and send different buckets at the same time.
            let busy = min(schedule.lanes, schedule.sharers * schedule.bucketCount)
            let processor = cluster.overhead * Double(messages) / Double(busy)
            now += max(Double(bytes) / cluster.bandwidth * slowdown, processor)
            times[bucket] = now + cluster.latency
        }
        return (times, now + cluster.latency, now)
    }

    /// The end of all sums, and the time for which the link is busy, from the start of the backward pass.
    private static func sums(
        _ schedule: ExchangeSchedule, _ stages: [ExchangeSchedule.Stage], _ profile: StepProfile,
        _ cluster: ClusterModel, late: Double
    ) -> (end: Double, link: Double) {
        let chains = ExchangeSchedule.chains(of: stages)
        var next = stages.map { _ in 0 }
        var ready = stages.map { stage in
            (stage.bucket == schedule.bucketCount
                ? profile.backward : profile.finish(before: stage.range.upperBound)) * late
        }
        var chainEnd = [Double](repeating: 0, count: chains)
        // The first stage of each chain that has not started.
        var waiting = [[Int]](repeating: [], count: chains)
        for index in stages.indices.reversed() { waiting[stages[index].chain].append(index) }
        var active: [Int] = []
        func start(_ chain: Int) {
            guard let index = waiting[chain].popLast() else { return }
            ready[index] =
                max(ready[index], chainEnd[chain]) + Double(stages[index].summed) / cluster.memoryBandwidth
            active.append(index)
        }
        for chain in waiting.indices { start(chain) }
        var (linkFree, busy, end) = (0.0, 0.0, 0.0)
        while let place = active.indices.min(by: { ready[active[$0]] < ready[active[$1]] }) {
            let index = active[place]
            if next[index] == stages[index].rounds.count {
                active.remove(at: place)
                end = max(end, ready[index])
                chainEnd[stages[index].chain] = ready[index]
                start(stages[index].chain)
                continue
            }
            let round = stages[index].rounds[next[index]]
            let service = wire(round, schedule.nodes, cluster)
            let processor =
                Double(round.traffic.messages) / Double(stages[index].lanes) * cluster.overhead
            let begin = max(ready[index] + processor, linkFree)
            linkFree = begin + service
            busy += service
            ready[index] =
                linkFree + (round.transfers.isEmpty ? 0 : cluster.latency) + Double(round.combined)
                / cluster.memoryBandwidth
            next[index] += 1
        }
        return (end, busy)
    }

    /// The time of a round's bytes on the link.
    private static func wire(
        _ round: ExchangeSchedule.Round, _ nodes: Int, _ cluster: ClusterModel
    ) -> Double {
        let sent = round.transfers.reduce(0) { $0 + $1.sent }
        let bytes = Double(max(sent, round.received))
        guard round.transfers.count == 1 else {
            return bytes / cluster.bandwidth * cluster.slowdown(all: nodes)
        }
        // Node 0: the number of its peer is the distance.
        let peer = round.transfers[0].source
        return bytes / cluster.bandwidth * cluster.slowdown(distance: min(peer, nodes - peer))
    }

    /// The time of rounds that follow each other.
    private static func time(of rounds: [ExchangeSchedule.Round], _ cluster: ClusterModel) -> Double {
        rounds.reduce(0) { sum, round in
            sum + Double(round.traffic.messages) * cluster.overhead + cluster.latency
                + wire(round, round.transfers.count + 1, cluster) + Double(round.combined)
                / cluster.memoryBandwidth
        }
    }
}
