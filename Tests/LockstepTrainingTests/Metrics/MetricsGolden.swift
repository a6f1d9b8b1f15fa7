import Foundation
import LockstepTasks
import Testing

/// The values that scripts/fixtures/metrics.py computed.
struct MetricsGolden: Decodable {
    struct Classification: Decodable, CustomTestStringConvertible {
        let name: String
        let classes: Int
        let top: Int
        let logits: [Float]
        let labels: [Int32]
        let confusion: [Int64]
        let accuracy: Double
        let topAccuracy: Double
        let perClass: [[Double]]
        let macro: [Double]
        let auc: Double
        let balanced: [Double]

        var testDescription: String { name }
    }

    struct Regression: Decodable, CustomTestStringConvertible {
        let name: String
        let outputs: Int
        let targets: [Float]
        let predictions: [Float]
        let mae: Double
        let rmse: Double
        let r2: Double

        var testDescription: String { name }
    }

    struct MultiLabel: Decodable, CustomTestStringConvertible {
        let name: String
        let labels: Int
        let logits: [Float]
        let targets: [Float]
        let accuracy: Double
        let exactMatch: Double
        let micro: [Double]
        let macro: [Double]

        var testDescription: String { name }
    }

    let multiLabel: [MultiLabel]
    let classification: [Classification]
    let regression: [Regression]

    static func load() throws -> MetricsGolden {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let data = try Data(contentsOf: tests.appending(path: "Fixtures/metrics/metrics.json"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(MetricsGolden.self, from: data)
    }
}

func isClose(_ a: Double, _ b: Double, _ tolerance: Double = 1e-12) -> Bool {
    abs(a - b) <= tolerance * max(1, abs(b))
}
