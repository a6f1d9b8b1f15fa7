import Foundation
import LockstepCollectives
import LockstepText

extension StepProfile {
    /// Everything; `init(json:)` reads it.
    package var json: JSONText {
        func list(_ entries: [(range: Range<Int>, seconds: Double)]) -> JSONText {
            .list(
                entries.map {
                    .list([
                        .integer($0.range.lowerBound), .integer($0.range.upperBound), .number($0.seconds),
                    ])
                })
        }
        return .object([
            ("forward_seconds", .number(forward)), ("backward_seconds", .number(backward)),
            ("rest_seconds", .number(rest)), ("deviation", .number(deviation)),
            ("operations", .number(operations)), ("row_bytes", .integer(rowByteCount)),
            ("reads", list(reads)), ("finishes", list(finishes)),
        ])
    }

    /// Reads the profile in the JSON of a report; nil if it has none.
    package init?(json: Data) {
        guard let report = try? JSONSerialization.jsonObject(with: json) as? [String: Any],
            let values = report["profile"] as? [String: Any],
            let forward = values["forward_seconds"] as? Double,
            let backward = values["backward_seconds"] as? Double,
            let rest = values["rest_seconds"] as? Double,
            let deviation = values["deviation"] as? Double,
            let operations = values["operations"] as? Double
        else { return nil }
        func list(_ name: String) -> [(range: Range<Int>, seconds: Double)]? {
            (values[name] as? [[Double]])?.compactMap { entry in
                guard entry.count == 3, 0...entry[1] ~= entry[0], entry[1] < 1e15 else { return nil }
                return (Int(entry[0])..<Int(entry[1]), entry[2])
            }
        }
        // Reports of models without sparse tables may lack it.
        let rowByteCount = values["row_bytes"] == nil ? 0 : values["row_bytes"] as? Int
        guard let rowByteCount, 0...(1 << 40) ~= rowByteCount else { return nil }
        guard let reads = list("reads"), let finishes = list("finishes") else { return nil }
        self.init(
            forward: forward, backward: backward, rest: rest, deviation: deviation,
            operations: operations, rowByteCount: rowByteCount, reads: reads, finishes: finishes)
    }
}
