import Foundation

/// What a run directory says of a run, for comparisons digit for digit.
struct RunResults: Equatable {
    /// The bytes of the newest checkpoint's model.
    var model: Data
    /// The bytes of the newest checkpoint's optimizer state.
    var optimizer: Data
    /// Per logged step: step, loss, learning rate and gradient norm as they were written.
    var metrics: [String]
    /// The lines of evaluations.
    var evaluations: [String]

    init(_ directory: String) throws {
        let latest = URL(fileURLWithPath: directory).appendingPathComponent("checkpoints/latest")
        model = try Data(contentsOf: latest.appendingPathComponent("model.safetensors"))
        optimizer = try Data(contentsOf: latest.appendingPathComponent("optimizer.safetensors"))
        let text = try String(contentsOfFile: directory + "/metrics.jsonl", encoding: .utf8)
        let lines = text.split(separator: "\n").map(String.init)
        metrics = lines.compactMap { line in
            let fields = ["step", "loss", "learning_rate", "gradient_norm"].map {
                RunResults.field($0, of: line)
            }
            return fields[3] == nil ? nil : fields.map { $0 ?? "-" }.joined(separator: " ")
        }
        evaluations = lines.filter { RunResults.field("gradient_norm", of: $0) == nil }
    }

    /// The text of a number in a line of JSON.
    static func field(_ name: String, of line: String) -> String? {
        guard let start = line.range(of: "\"\(name)\":") else { return nil }
        return String(line[start.upperBound...].drop { $0 == " " }.prefix { !",}".contains($0) })
    }

    /// The differences from another run; nil for none.
    func difference(from other: RunResults) -> String? {
        for (name, mine, others) in [
            ("metrics", metrics, other.metrics), ("evaluations", evaluations, other.evaluations),
        ] where mine != others {
            let pair = zip(mine, others).first { $0 != $1 }
            return
                "\(name): \(pair.map { "\($0) against \($1)" } ?? "\(mine.count) against \(others.count) lines")"
        }
        if model != other.model { return "model.safetensors" }
        if optimizer != other.optimizer { return "optimizer.safetensors" }
        return nil
    }
}
