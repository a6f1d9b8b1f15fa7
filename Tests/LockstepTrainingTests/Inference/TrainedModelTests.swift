import Foundation
import LockstepCheckpoints
import LockstepCollectives
import LockstepExperiment
import LockstepInference
import LockstepRunLog
import LockstepTraining
import Testing

@Suite(.serialized) struct TrainedModelTests {
    @Test func evaluationEqualsThatOfTheRun() throws {
        let folder = try RunLogFolder()
        let summary = try train(folder)
        let model = try TrainedModel(communicator: Communicator(), path: folder.path("run"))
        #expect(model.step == 40)
        for (part, expected) in [(DatasetPart.test, summary.test), (.validation, summary.validation)] {
            let report = try model.evaluate(part)
            #expect(Array(report.values.prefix(expected.count)) == expected)
            #expect(report.values.last?.name == "roc_auc")
            #expect(
                report.report.tables.first?.rows.compactMap { $0.last.flatMap { Int($0) } }.reduce(0, +)
                    == report.samples)
        }
        let test = try model.evaluate(.test)
        #expect(test.samples == 130)
        #expect(test.text.contains("set              test, 130 samples\n"))
        #expect(test.text.contains("class  precision  recall"))
        #expect(test.text.contains("actual \\ predicted"))
        try test.write(to: folder.path("metrics.json"))
        struct Metrics: Decodable {
            let accuracy: Double
        }
        let json = try JSONDecoder().decode(Metrics.self, from: Data(folder.text("metrics.json").utf8))
        #expect(json.accuracy == test.values.first { $0.name == "accuracy" }?.value)
    }

    /// The area that an evaluation reports is that of the predicted probabilities, also if early stopping
    /// uses it.
    @Test(arguments: [
        (2, "cross_entropy"), (2, "binary_cross_entropy"), (3, "cross_entropy"), (7, "cross_entropy"),
    ])
    func areaUnderROCIsThatOfTheProbabilities(_ classes: Int, _ loss: String) throws {
        let folder = try RunLogFolder()
        let runFile = try RunFile(
            yaml: """
                model: {mlp: {hidden: [8]}}
                data: {synthetic: {samples: 400, test_samples: 260, shape: [6], classes: \(classes), noise: 3.0, validation: 0.25}}
                batch: 32
                shards: 4
                epochs: 3
                loss: \(loss)
                optimizer: {adam: {learning_rate: 0.02}}
                early_stopping: {metric: validation_roc_auc, patience: 9}
                """)
        let summary = try TrainingRun(
            communicator: Communicator(), runFile: runFile, recipe: "test",
            options: .init(runDirectory: folder.path("run"))
        ).run()
        let model = try TrainedModel(communicator: Communicator(), path: folder.path("run"))
        for part in [DatasetPart.validation, .test] {
            try model.predict(part, to: folder.path("p.csv"))
            let rows = try folder.lines("p.csv").dropFirst().filter { !$0.isEmpty }.map { line in
                line.split(separator: ",").compactMap { Double($0) }
            }
            let areas = (classes == 2 ? 1..<2 : 0..<classes).map { label in
                let (own, others) = (rows.filter { Int($0[1]) == label }, rows.filter { Int($0[1]) != label })
                let pairs = own.reduce(0.0) { sum, row in
                    let p = row[3 + label]
                    return sum
                        + others.reduce(0) { $0 + ($1[3 + label] < p ? 1 : $1[3 + label] == p ? 0.5 : 0) }
                }
                return pairs / Double(own.count * others.count)
            }
            let expected = areas.reduce(0, +) / Double(areas.count)
            let told = try model.evaluate(part).values.last?.value
            #expect(abs(try #require(told) - expected) < 1e-6, "\(part)")
            if part == .validation {
                let last = summary.validation.first { $0.name.hasSuffix("roc_auc") }?.value
                #expect(last == told)
            }
        }
    }

    @Test func predictionsAgreeWithTheEvaluation() throws {
        let folder = try RunLogFolder()
        _ = try train(folder)
        let model = try TrainedModel(
            communicator: Communicator(), path: folder.path("run/checkpoints/latest"))
        #expect(try model.predict(.test, to: folder.path("p.csv")) == 130)
        let lines = try folder.lines("p.csv")
        #expect(lines[0] == "sample,target,prediction,probability 0,probability 1,probability 2")
        #expect(lines.count == 132 && lines[131].isEmpty)
        var right = 0
        for (index, line) in lines[1...130].enumerated() {
            let fields = line.split(separator: ",").map(String.init)
            let probabilities = fields[3...].compactMap { Double($0) }
            #expect(fields[0] == "\(index)")
            #expect(probabilities.count == 3 && isClose(probabilities.reduce(0, +), 1, 1e-6))
            #expect(probabilities.firstIndex(of: probabilities.max() ?? 0) == Int(fields[2]))
            if fields[1] == fields[2] { right += 1 }
        }
        let accuracy = try model.evaluate(.test).values.first { $0.name == "accuracy" }?.value
        #expect(accuracy == Double(right) / 130)
    }

    @Test func regressionsAreInTheUnitsOfTheData() throws {
        let folder = try RunLogFolder()
        var table = "x,y\n"
        for x in 0..<200 { table += "\(x),\(1000 + 5 * x)\n" }
        try Data(table.utf8).write(to: folder.url.appending(path: "t.csv"))
        let csv =
            "{csv: {train: \(folder.path("t.csv")), test: \(folder.path("t.csv")), target: y, task: regression}}"
        _ = try train(folder, ["data=\(csv)", "max_steps=200"])
        let model = try TrainedModel(communicator: Communicator(), path: folder.path("run"))
        try model.predict(.test, to: folder.path("p.csv"))
        let lines = try folder.lines("p.csv")
        #expect(lines[0] == "sample,target,prediction")
        for (x, line) in lines[1...200].enumerated() {
            let fields = line.split(separator: ",").compactMap { Double($0) }
            #expect(isClose(fields[1], Double(1000 + 5 * x), 1e-6))
            #expect(abs(fields[2] - fields[1]) < 150)
        }
    }

    /// A run on a table whose training file is removed afterwards.
    private func trainOnTable(_ folder: RunLogFolder) throws -> (summary: RunSummary, table: String) {
        func rows(_ range: Range<Int>) -> String {
            "x,kind,y\n"
                + range.map { "\(Double($0) / 7),\(["red", "blue", "green"][$0 % 3]),\(1000 + 5 * $0)\n" }
                .joined()
        }
        let table = folder.path("train.csv")
        try Data(rows(0..<200).utf8).write(to: URL(filePath: table))
        try Data(rows(200..<260).utf8).write(to: folder.url.appending(path: "test.csv"))
        let csv =
            "{csv: {train: \(table), test: \(folder.path("test.csv")), target: y, categorical: [kind], task: regression, validation: 0.2}}"
        return (try train(folder, ["data=\(csv)"]), table)
    }

    @Test func aTestSetNeedsNoTrainingData() throws {
        let folder = try RunLogFolder()
        let (summary, table) = try trainOnTable(folder)
        let run = folder.path("run")
        let before = try TrainedModel(communicator: Communicator(), path: run)
        #expect(try before.evaluate(.validation).values == summary.validation)
        try before.predict(.test, to: folder.path("before.csv"))
        try FileManager.default.removeItem(atPath: table)
        let model = try TrainedModel(communicator: Communicator(), path: run)
        #expect(try model.evaluate(.test).values == summary.test)
        try model.predict(.test, to: folder.path("after.csv"))
        #expect(try folder.text("after.csv") == folder.text("before.csv"))
        let missing = #expect(throws: AgreedFailure.self) { try model.evaluate(.validation) }
        #expect(missing?.description.contains(table) ?? false)
        // New rows, in the place of the test set.
        try Data("x,kind,y\n3.5,blue,1122\n".utf8).write(to: folder.url.appending(path: "new.csv"))
        let other = try TrainedModel(
            communicator: Communicator(), path: run,
            overrides: ["data.csv.test=\(folder.path("new.csv"))"])
        #expect(try other.predict(.test, to: folder.path("new-out.csv")) == 1)
    }

    @Test func aTableToPredictNeedsNoTarget() throws {
        let folder = try RunLogFolder()
        _ = try trainOnTable(folder)
        let run = folder.path("run")
        let rows = (0..<70).map { ("\(Double($0) / 3),\(["red", "green"][$0 % 2])", "\($0 * 10)") }
        try Data(("x,kind,y\n" + rows.map { "\($0.0),\($0.1)\n" }.joined()).utf8).write(
            to: folder.url.appending(path: "with.csv"))
        try Data(("x,kind\n" + rows.map { "\($0.0)\n" }.joined()).utf8).write(
            to: folder.url.appending(path: "without.csv"))
        func predicted(_ name: String) throws -> [[Substring]] {
            let model = try TrainedModel(
                communicator: Communicator(), path: run,
                overrides: ["data.csv.test=\(folder.path("\(name).csv"))"])
            #expect(try model.predict(.test, to: folder.path("out.csv")) == rows.count)
            return try folder.lines("out.csv").map { $0.split(separator: ",") }
        }
        let (with, without) = (try predicted("with"), try predicted("without"))
        #expect(
            with.first == ["sample", "target", "prediction"] && without.first == ["sample", "prediction"])
        #expect(with.dropLast().map { [$0[0], $0[2]] } == without.dropLast().map { Array($0) })
        let model = try TrainedModel(
            communicator: Communicator(), path: run,
            overrides: ["data.csv.test=\(folder.path("without.csv"))"])
        let error = #expect(throws: AgreedFailure.self) { try model.evaluate(.test) }
        #expect(error?.description.hasPrefix("the test set has no targets: ") ?? false)
    }

    @Test func classesArePredictedWithoutTargets() throws {
        let folder = try RunLogFolder()
        let table = "x,kind\n" + (0..<90).map { "\($0),\($0 < 45 ? "low" : "high")\n" }.joined()
        try Data(table.utf8).write(to: folder.url.appending(path: "t.csv"))
        try Data("x\n3\n88\n".utf8).write(to: folder.url.appending(path: "new.csv"))
        _ = try train(
            folder, ["data={csv: {train: \(folder.path("t.csv")), target: kind}}", "max_steps=100"])
        let model = try TrainedModel(
            communicator: Communicator(), path: folder.path("run"),
            overrides: ["data.csv.test=\(folder.path("new.csv"))"])
        try model.predict(.test, to: folder.path("p.csv"))
        let lines = try folder.lines("p.csv")
        #expect(lines[0] == "sample,prediction,probability high,probability low")
        for (line, expected) in zip(lines[1...2], ["low", "high"]) {
            let fields = line.split(separator: ",")
            #expect(fields.count == 4 && fields[1] == expected, "\(lines)")
            #expect(((Double(fields[2]) ?? 1) > 0.5) == (expected == "high"), "\(lines)")
        }
    }

    /// The test set with its columns in another order, and one more.
    private func reorder(_ folder: RunLogFolder) throws -> String {
        let lines = try folder.lines("test.csv").dropLast().map { line in
            line.split(separator: ",", omittingEmptySubsequences: false)
        }
        let text = lines.enumerated().map { "\($1[2]),\($0 == 0 ? "note" : "n\($0)"),\($1[1]),\($1[0])\n" }
        let path = folder.path("reordered.csv")
        try Data(text.joined().utf8).write(to: URL(filePath: path))
        return path
    }

    /// Also where an older checkpoint does not keep what the columns are.
    @Test(arguments: [false, true]) func columnsInAnotherOrder(_ isOlder: Bool) throws {
        let folder = try RunLogFolder()
        let (summary, table) = try trainOnTable(folder)
        let run = folder.path("run")
        if isOlder { try makeOlder("\(run)/checkpoints/step-00000040") }
        func model(_ overrides: [String]) throws -> TrainedModel {
            try TrainedModel(communicator: Communicator(), path: run, overrides: overrides)
        }
        try model([]).predict(.test, to: folder.path("before.csv"))
        let reordered = try model(["data.csv.test=\(try reorder(folder))"])
        #expect(try reordered.evaluate(.test).values == summary.test)
        try reordered.predict(.test, to: folder.path("after.csv"))
        #expect(try folder.text("after.csv") == folder.text("before.csv"))
        #expect(
            try reordered.warnings(.test) == [
                "\(folder.path("reordered.csv")): column 'note' is not in \(table) and therefore ignored"
            ])
    }

    /// A checkpoint of an older version does not keep what the training data decided: they are read.
    @Test func olderCheckpointsReadTheTrainingData() throws {
        let folder = try RunLogFolder()
        let (summary, table) = try trainOnTable(folder)
        let run = folder.path("run")
        try makeOlder("\(run)/checkpoints/step-00000040")
        let model = try TrainedModel(communicator: Communicator(), path: run)
        #expect(model.refusals.isEmpty)
        #expect(try model.evaluate(.test).values == summary.test)
        try FileManager.default.removeItem(atPath: table)
        let missing = #expect(throws: AgreedFailure.self) {
            try TrainedModel(communicator: Communicator(), path: run)
        }
        #expect(missing?.description.contains(table) ?? false)
    }

    /// Takes the section away that older versions did not write, and makes the manifest fit.
    private func makeOlder(_ checkpoint: String) throws {
        let path = "\(checkpoint)/state.json"
        var lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        let count = lines.count
        lines.removeAll { $0.hasPrefix("\"data\":") }
        #expect(lines.count == count - 1)
        let sections = lines[1..<lines.count - 1].map {
            $0.hasSuffix(",") ? String($0.dropLast()) : String($0)
        }
        let bytes = Array("{\n\(sections.joined(separator: ",\n"))\n}\n".utf8)
        try Data(bytes).write(to: URL(filePath: path))
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        let url = URL(filePath: "\(checkpoint)/manifest.json")
        var manifest = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
        var files = try #require(manifest["files"] as? [String: [String: Any]])
        files["state.json"] = ["bytes": bytes.count, "crc32": Int(~crc)]
        manifest["files"] = files
        // Nor had their manifests a checksum.
        manifest["crc32"] = nil
        try JSONSerialization.data(withJSONObject: manifest).write(to: url)
    }

    @Test func otherDataAndDamagedCheckpoints() throws {
        let folder = try RunLogFolder()
        _ = try train(folder, ["checkpoint.every_steps=20", "early_stopping={}"])
        let run = folder.path("run")
        let other = try TrainedModel(
            communicator: Communicator(), path: run, overrides: ["data.synthetic.validation=none"])
        #expect(try other.evaluate(.test).samples == 130)
        let missing = #expect(throws: AgreedFailure.self) { try other.evaluate(.validation) }
        #expect(missing?.description.hasPrefix("the data have no validation set; ") ?? false)
        let misfit = #expect(throws: AgreedFailure.self) {
            try TrainedModel(communicator: Communicator(), path: run, overrides: ["model.mlp.hidden=[17]"])
        }
        #expect(misfit?.description.contains("the checkpoint belongs to another model") ?? false)
        let newest = "\(run)/checkpoints/step-00000040/model.safetensors"
        try Data("x".utf8).write(to: URL(filePath: newest))
        let older = try TrainedModel(communicator: Communicator(), path: run)
        #expect(older.step == 20)
        #expect(older.refusals.count == 1)
        let absent = #expect(throws: AgreedFailure.self) {
            try TrainedModel(communicator: Communicator(), path: folder.path("absent"))
        }
        #expect(absent?.description.contains("does not exist") ?? false)
    }

    @Test(arguments: ["/dev/full", "/dev/null/x.csv"])
    func placesThatCannotBeWritten(_ path: String) throws {
        let folder = try RunLogFolder()
        _ = try train(folder)
        let model = try TrainedModel(communicator: Communicator(), path: folder.path("run"))
        let error = #expect(throws: AgreedFailure.self) { try model.predict(.test, to: path) }
        #expect(error?.description.hasPrefix("\(path) cannot be written: ") ?? false)
        #expect(error?.description.contains("--output") ?? false)
    }
}
