import LockstepBenchmarks
import LockstepCollectives
import Testing

/// Predictions of steps on clusters, against cases whose times can be computed by hand.
@Suite struct StepForecastTests {
    private func schedule(
        _ nodes: Int, _ ranksEach: Int = 1, chunks: Int, placement: SumPlacement = .arriving
    )
        -> ExchangeSchedule
    {
        var settings = AllreduceSettings()
        settings.placement = placement
        return ExchangeSchedule(
            nodes: nodes, ranksEach: ranksEach, shards: nodes * ranksEach, gradientCount: chunks * 4096,
            statisticsCount: 0, recordByteCount: 96, settings: settings)
    }

    /// Gradients become final evenly during backward; parameters are read evenly during forward, the first
    /// layers' last in the flat order.
    private func profile(forward: Double, backward: Double, chunks: Int) -> StepProfile {
        let parts = 64
        let length = chunks * 4096 / parts
        let ranges = (0..<parts).map { $0 * length..<($0 + 1) * length }
        return StepProfile(
            forward: forward, backward: backward, rest: 0,
            reads: ranges.enumerated().map {
                ($0.element, forward * Double(parts - 1 - $0.offset) / Double(parts))
            },
            finishes: ranges.enumerated().map {
                ($0.element, backward * Double($0.offset + 1) / Double(parts))
            })
    }

    @Test func expectedMaxima() {
        #expect(expectedMaximum(of: 1) == 0)
        #expect(abs(expectedMaximum(of: 2) - 0.56419) < 1e-4)
        #expect(abs(expectedMaximum(of: 1000) - 3.24144) < 1e-3)
    }

    /// Without computation the step takes the time of its bytes: (n - 1) / n of them twice.
    @Test(arguments: [2, 8, 64]) func bytesAlone(nodes: Int) {
        let chunks = 4096
        let cluster = ClusterModel(bandwidth: 1e9, latency: 0, overhead: 0, memoryBandwidth: 1e15)
        let forecast = StepForecast(
            schedule(nodes, chunks: chunks), profile(forward: 1e-9, backward: 1e-9, chunks: chunks), cluster)
        let floor = 2 * Double(nodes - 1) / Double(nodes) * Double(chunks * 4096 * 4) / 1e9
        #expect(abs(forecast.step / floor - 1) < 0.01, "\(forecast.step), not \(floor)")
        #expect(abs(forecast.link / floor - 1) < 0.01)
    }

    /// One bucket without bytes worth mentioning: latencies for the sums, and one for the records.
    @Test(arguments: [(4, 1), (8, 6)]) func latencyAlone(nodes: Int, rounds: Int) {
        let cluster = ClusterModel(bandwidth: 1e15, latency: 1e-3, overhead: 0, memoryBandwidth: 1e18)
        let small = StepForecast(
            schedule(nodes, chunks: 1),
            StepProfile(forward: 1e-9, backward: 1e-9, rest: 0, reads: [], finishes: []),
            cluster)
        // 4,096 numbers are sent whole to 3 others; 7 are too many: three rounds of halving, three of doubling.
        #expect(
            abs(small.sums - 1e-3 * Double(rounds)) < 1e-6 && abs(small.records - 1e-3) < 1e-6, "\(small)")
        #expect(small.squares == 0 && small.arrival == 0)
    }

    /// The rows of sparse tables of all ranks of the other hosts, on the link and from memory.
    @Test func rowsOfSparseTables() {
        let cluster = ClusterModel(bandwidth: 1e9, latency: 1e-3, overhead: 0, memoryBandwidth: 1e18)
        let alone = profile(forward: 1, backward: 1, chunks: 64)
        func forecast(_ nodes: Int, rows: Int, _ cluster: ClusterModel) -> StepForecast {
            StepForecast(
                ExchangeSchedule(
                    nodes: nodes, ranksEach: 2, shards: 2 * nodes, gradientCount: 64 * 4096,
                    statisticsCount: 0, recordByteCount: 96, rowByteCount: rows,
                    settings: AllreduceSettings()), alone, cluster)
        }
        let (none, some) = (forecast(4, rows: 0, cluster), forecast(4, rows: 1_000_000, cluster))
        #expect(none.rows == 0 && abs(some.rows - (1e-3 + 3 * 2e6 / 1e9)) < 1e-6, "\(some.rows)")
        #expect(abs(some.step - none.step - some.rows) < 1e-9)
        #expect(abs(some.link - none.link - 6e-3) < 1e-9)
        // On one host only memory: two ranks read the rows of both.
        let memory = ClusterModel(bandwidth: 1e9, latency: 1e-3, overhead: 0, memoryBandwidth: 1e9)
        #expect(abs(forecast(1, rows: 1_000_000, memory).rows - 4e-3) < 1e-9)
    }

    /// What travels during backward and the next forward pass costs nothing but the last bucket.
    @Test func overlap() {
        let chunks = 4096
        let cluster = ClusterModel(bandwidth: 1e9, latency: 0, overhead: 0, memoryBandwidth: 1e15)
        let forecast = StepForecast(
            schedule(8, chunks: chunks), profile(forward: 1, backward: 1, chunks: chunks), cluster)
        #expect(forecast.step < 2.01 && forecast.sums > 0 && forecast.efficiency > 0.99)
        // A slow link cannot be hidden.
        let slow = ClusterModel(bandwidth: 1e7, latency: 0, overhead: 0, memoryBandwidth: 1e15)
        let late = StepForecast(
            schedule(8, chunks: chunks), profile(forward: 1, backward: 1, chunks: chunks), slow)
        #expect(abs(late.step / late.link - 1) < 0.05, "\(late.step), not \(late.link)")
    }

    @Test func slowRanksAndSharedLinksCostTime() {
        let chunks = 1024
        let profile = profile(forward: 0.1, backward: 0.2, chunks: chunks)
        var cluster = ClusterModel(bandwidth: 1e12, latency: 0, overhead: 0, memoryBandwidth: 1e15)
        let schedule = schedule(16, 4, chunks: chunks)
        cluster.deviation = 0.01
        let forecast = StepForecast(schedule, profile, cluster)
        #expect(abs(forecast.compute / 0.3 - 1 - 0.01 * expectedMaximum(of: 64)) < 1e-9)
        cluster.bandwidth = 1e8
        let whole = StepForecast(schedule, profile, cluster)
        cluster.levels = [.init(span: 4, uniform: 2, paired: 4)]
        let shared = StepForecast(schedule, profile, cluster)
        #expect(shared.link > whole.link * 1.3, "\(shared.link), \(whole.link)")
    }

    /// Every message of a trace is received, with its length; on many hosts as many bytes in fewer messages.
    @Test(arguments: [(2, 1), (3, 1), (8, 4), (40, 2)]) func tracesAreComplete(nodes: Int, ranksEach: Int) {
        let schedule = schedule(nodes, ranksEach, chunks: 200)
        let trace = ScheduleTrace(
            schedule, profile(forward: 0.1, backward: 0.2, chunks: 200),
            ClusterModel(bandwidth: 1e9, latency: 1e-5, deviation: 0.01), steps: 2)
        var balance: [[Int]: Int] = [:]
        var bytes = 0
        var computed = [Int](repeating: 0, count: nodes * trace.processes)
        for line in trace.text.split(separator: "\n") {
            let words = line.split(separator: " ")
            let process = Int(words[0]) ?? -1
            let numbers = words.dropFirst(2).compactMap { Int($0) }
            switch words[1] {
            case "send", "isend":
                balance[[process, numbers[0], numbers[1], numbers[2]], default: 0] += 1
                if process / trace.processes == 1 && numbers[2] > 1 { bytes += numbers[2] }
            case "recv", "irecv": balance[[numbers[0], process, numbers[1], numbers[2]], default: 0] -= 1
            case "compute": computed[process] += numbers[0]
            default: #expect(["init", "finalize", "waitall"].contains(words[1]), "\(line)")
            }
        }
        #expect(balance.values.allSatisfy { $0 == 0 }, "\(balance.filter { $0.value != 0 }.prefix(3))")
        let planned = 2 * schedule.traffic(of: 1).bytes
        #expect(abs(Double(bytes) / Double(planned) - 1) < 0.001, "\(bytes), not \(planned)")
        // Two steps of 0.3 s, and the waits for slow ranks.
        for host in 0..<nodes {
            let seconds = Double(computed[host * trace.processes]) / ScheduleTrace.speed
            #expect((0.6..<0.65).contains(seconds), "\(seconds)")
        }
    }
}
