import Foundation
import Testing

/// A table with weights, identifiers, dates and texts, trained, evaluated and predicted by `lockstep`.
@Suite(.serialized) struct WeightedTableTests {
    private let directory: TemporaryDirectory
    private let file: String

    init() throws {
        directory = try TemporaryDirectory()
        let rows = (0..<90).map { row in
            let day = String(format: "%02d.%02d.2026", row % 28 + 1, row % 12 + 1)
            return
                "K\(row);\(day);\(row % 7),5;\(row % 5 == 0 ? "" : "\(row % 9)");\(["gut", "sehr gut", "schlecht"][row % 3]);"
                + "\(["0", "0,5", "1", "1,5"][row % 4]);\(row % 14 < 7 ? "ja" : "nein")\n"
        }
        let head = "Kunde;Tag;a;b;Text;Gewicht;y\n"
        _ = try directory.write("train.csv", head + rows[..<60].joined())
        _ = try directory.write("test.csv", head + rows[60...].joined())
        file = try directory.write(
            "run.yaml",
            """
            model: {mlp: {hidden: [8]}}
            data:
              csv:
                train: \(directory.path("train.csv"))
                test: \(directory.path("test.csv"))
                target: y
                delimiter: ";"
                decimal: ","
                id: [Kunde]
                sample_weight: Gewicht
                dates: [{column: Tag, format: "%d.%m.%Y", features: [month], cyclic: [day_of_week]}]
                hashed: [{column: Text, features: 4}]
                impute: [{columns: [b], strategy: median, indicator: true}]
            batch: 12
            shards: 4
            max_steps: 15
            optimizer: {adam: {learning_rate: 0.02}}
            """)
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOfFile: directory.path(name), encoding: .utf8)
    }

    /// Model, metrics and predictions have the same bits on 1 and 2 ranks; predictions name the identifiers, also where the training
    /// file is gone.
    @Test func sameBitsAndIdentifiers() throws {
        var models: [Data] = []
        for ranks in 1...2 {
            let run = directory.path("run\(ranks)")
            let trained = try CommandRunner.lockstep(
                ranks: ranks, ["train", file, "--run-dir", run], timeout: 60)
            #expect(trained.status == 0, "\(trained.output)")
            models.append(
                try Data(contentsOf: URL(fileURLWithPath: run + "/checkpoints/latest/model.safetensors")))
        }
        #expect(models[0] == models[1])
        try FileManager.default.removeItem(atPath: directory.path("train.csv"))
        let run = directory.path("run1")
        for ranks in 1...2 {
            let evaluated = try CommandRunner.lockstep(
                ranks: ranks, ["evaluate", run, "--json", directory.path("\(ranks).json")], timeout: 60)
            let predicted = try CommandRunner.lockstep(
                ranks: ranks, ["predict", run, "--output", directory.path("\(ranks).csv")], timeout: 60)
            #expect(evaluated.status == 0 && predicted.status == 0, "\(evaluated.output)\(predicted.output)")
        }
        #expect(try text("1.json") == text("2.json") && text("1.csv") == text("2.csv"))
        let lines = try text("1.csv").split(separator: "\n")
        #expect(lines[0].hasPrefix("sample,Kunde,target,prediction,"))
        #expect(lines[1].hasPrefix("0,K60,") && lines.count == 31)
        // The accuracy is the share of the weights of what is right.
        let weights = (60..<90).map { Double($0 % 4) / 2 }
        let right = zip(lines.dropFirst(), weights).reduce(0.0) { sum, pair in
            let fields = pair.0.split(separator: ",")
            return fields[2] == fields[3] ? sum + pair.1 : sum
        }
        let accuracy = right / weights.reduce(0, +)
        let json = try #require(
            JSONSerialization.jsonObject(with: Data(try text("1.json").utf8)) as? [String: Any])
        #expect(abs(try #require(json["accuracy"] as? Double) - accuracy) < 1e-12)
    }

    /// The accuracy of a step is the share of the weights of what is right, as that of an evaluation of the same rows; tables say what
    /// they count.
    @Test func stepsAndTablesHaveWeights() throws {
        let run = directory.path("run")
        let settings = [
            "data.csv.test=\(directory.path("train.csv"))", "batch=60", "max_steps=1",
            "optimizer.adam.learning_rate=1e-12",
        ]
        let trained = try CommandRunner.lockstep(
            ranks: 2, ["train", file, "--run-dir", run] + settings.flatMap { ["--set", $0] }, timeout: 60)
        let evaluated = try CommandRunner.lockstep(
            ranks: 1, ["evaluate", run, "--json", directory.path("all.json")], timeout: 60)
        let predicted = try CommandRunner.lockstep(
            ranks: 1, ["predict", run, "--output", directory.path("all.csv")], timeout: 60)
        #expect(trained.status == 0 && evaluated.status == 0 && predicted.status == 0, "\(trained.output)")
        let step = try text("run/metrics.jsonl").split(separator: "\n").first { $0.contains("gradient_norm") }
        let accuracy = try #require(
            step.flatMap { RunResults.field("accuracy", of: String($0)) }.flatMap(Double.init))
        let json = try #require(
            JSONSerialization.jsonObject(with: Data(try text("all.json").utf8)) as? [String: Any])
        #expect(abs(try #require(json["accuracy"] as? Double) - accuracy) < 1e-12)
        // Without weights it would be another.
        let rows = try text("all.csv").split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
        #expect(abs(Double(rows.count { $0[2] == $0[3] }) / Double(rows.count) - accuracy) > 1e-3)
        let words = evaluated.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        let header = try #require(words.firstIndex { $0.prefix(2) == ["class", "precision"] })
        #expect(words[header].suffix(2) == ["weight", "samples"], "\(evaluated.output)")
        let classes = words.dropFirst(header + 1).filter {
            $0.count == 6 && ["ja", "nein"].contains($0[0])
        }
        #expect(classes.count == 2 && classes.compactMap { Int($0[5]) }.reduce(0, +) == 60)
        let weights = (0..<60).map { Double($0 % 4) / 2 }
        #expect(classes.compactMap { Double($0[4]) }.reduce(0, +) == weights.reduce(0, +))
        #expect(evaluated.output.contains("(samples, without weights)"), "\(evaluated.output)")
    }
}
