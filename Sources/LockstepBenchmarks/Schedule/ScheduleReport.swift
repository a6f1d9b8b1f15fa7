import Foundation
import LockstepCollectives
import LockstepRunLog
import LockstepText

/// Predictions for clusters, as a table and as JSON.
package struct ScheduleReport {
    /// A cluster with its schedule and prediction.
    package struct Row {
        package let schedule: ExchangeSchedule
        package let forecast: StepForecast
    }

    let model: String
    let precision: String
    let parameters: Int
    let batch: Int
    /// How many times faster ranks compute than measured.
    let speed: Double
    /// The measured profile.
    let profile: StepProfile
    let cluster: ClusterModel
    package let rows: [Row]

    /// The table.
    package var table: String {
        let head = [
            "hosts", "ranks", "ms per step", "compute", "arrival", "rows", "sums", "records", "squares",
            "efficiency",
            "buckets", "messages", "MB sent",
        ]
        let cells = rows.map { row in
            let (schedule, forecast) = (row.schedule, row.forecast)
            let traffic = schedule.nodes > 1 ? schedule.traffic(of: 0) : MessageTraffic()
            let times = [
                forecast.step, forecast.compute, forecast.arrival, forecast.rows, forecast.sums,
                forecast.records, forecast.squares,
            ]
            return [grouped(schedule.nodes), grouped(schedule.nodes * schedule.ranksEach)]
                + times.map { decimals($0 * 1000, 3) }
                + [
                    decimals(forecast.efficiency, 3), "\(schedule.bucketCount)", grouped(traffic.messages),
                    decimals(Double(traffic.bytes) * 1e-6, 1),
                ]
        }
        let facts = [
            ["predicted", "\(model), \(precision), \(parameters) parameters, batch \(batch) per rank"],
            [
                "one rank, measured",
                "forward \(decimals(profile.forward * 1000, 2)) ms, backward \(decimals(profile.backward * 1000, 2)), "
                    + "rest \(decimals(profile.rest * 1000, 2)); \(decimals(profile.operations * 1e-9, 2)) GFLOP",
            ],
            [
                "assumed",
                "\(decimals(cluster.bandwidth * 8e-9, 2)) Gbit/s, latency \(decimals(cluster.latency * 1e6, 2)) us, "
                    + "\(decimals(cluster.overhead * 1e6, 2)) us per message, additions at "
                    + "\(decimals(cluster.memoryBandwidth * 1e-9, 1)) GB/s per host, deviation "
                    + "\(decimals(cluster.deviation * 100, 2))%, ranks "
                    + "\(decimals(speed, 2)) times as fast as measured",
            ],
        ]
        return TextTable.aligned([head] + cells, right: true) + "\n" + TextTable.aligned(facts)
    }

    /// Everything, with the schedule of host 0.
    package var json: String {
        JSONText.object([
            ("model", .text(model)), ("precision", .text(precision)), ("parameters", .integer(parameters)),
            ("batch", .integer(batch)), ("speed", .number(speed)), ("profile", profile.json),
            (
                "assumptions",
                .object([
                    ("bytes_per_second", .number(cluster.bandwidth)),
                    ("latency_seconds", .number(cluster.latency)),
                    ("seconds_per_message", .number(cluster.overhead)),
                    ("memory_bytes_per_second", .number(cluster.memoryBandwidth)),
                    ("deviation", .number(cluster.deviation)),
                ])
            ),
            ("predictions", .list(rows.map(\.json))),
        ]).pretty
    }

    /// Writes the JSON.
    /// - Throws: `RunLogError` when it cannot be written.
    package func write(to path: String) throws { try replaceFile(path, with: json, option: "--json") }

    /// Writes the trace of the largest cluster.
    /// - Throws: `RunLogError` when it cannot be written.
    package func writeTrace(to path: String, steps: Int) throws {
        guard let row = rows.max(by: { $0.schedule.nodes < $1.schedule.nodes }) else { return }
        let trace = ScheduleTrace(row.schedule, profile.faster(by: speed), cluster, steps: steps)
        try replaceFile(path, with: trace.text, option: "--trace")
    }
}

extension ScheduleReport.Row {
    fileprivate var json: JSONText {
        let isAlone = schedule.nodes == 1
        let traffic = isAlone ? MessageTraffic() : schedule.traffic(of: 0)
        let memory = schedule.memory
        return .object([
            ("hosts", .integer(schedule.nodes)), ("ranks_per_host", .integer(schedule.ranksEach)),
            ("step_seconds", .number(forecast.step)), ("compute_seconds", .number(forecast.compute)),
            ("arrival_seconds", .number(forecast.arrival)), ("rows_seconds", .number(forecast.rows)),
            ("sums_seconds", .number(forecast.sums)),
            ("records_seconds", .number(forecast.records)), ("squares_seconds", .number(forecast.squares)),
            ("link_seconds", .number(forecast.link)), ("efficiency", .number(forecast.efficiency)),
            ("buckets", .integer(schedule.bucketCount)), ("lanes", .integer(schedule.lanes)),
            ("lanes_per_bucket", .integer(schedule.sharers)),
            ("messages_sent", .integer(traffic.messages)), ("bytes_sent", .integer(traffic.bytes)),
            ("record_bytes", .integer(schedule.recordByteCount)),
            ("row_bytes", .integer(schedule.rowByteCount)),
            ("processes", .integer(isAlone ? 1 : ScheduleTrace.processes(of: schedule))),
            (
                "memory_bytes",
                .object([
                    ("stripes", .integer(memory.stripes)), ("boxes", .integer(memory.boxes)),
                    ("requests", .integer(memory.requests)), ("plans", .integer(memory.plans)),
                    ("records", .integer(memory.records)), ("rows", .integer(memory.rows)),
                ])
            ),
            (
                "buckets_of_host_0",
                .list(isAlone ? [] : schedule.stages(of: 0).prefix(64).map(\.json))
            ),
        ])
    }
}

extension ExchangeSchedule.Stage {
    fileprivate var json: JSONText {
        .object([
            ("bucket", .integer(bucket)), ("first", .integer(range.lowerBound)),
            ("end", .integer(range.upperBound)), ("lanes", .integer(lanes)), ("chain", .integer(chain)),
            (
                "rounds",
                .list(
                    rounds.map { round in
                        .object([
                            ("peers", .integer(round.transfers.count)),
                            ("first_peer", .integer(round.transfers.first?.destination ?? -1)),
                            ("messages", .integer(round.traffic.messages)),
                            ("bytes_sent", .integer(round.traffic.bytes)),
                            ("bytes_received", .integer(round.received)),
                        ])
                    })
            ),
        ])
    }
}
