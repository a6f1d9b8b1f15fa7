import Foundation
import LockstepCollectives
import LockstepExperiment
import LockstepInference
import LockstepTraining
import Testing

/// Data without targets are predicted, but not evaluated; data without a test set.
@Suite(.serialized) struct UntargetedDataTests {
    /// Arrays without targets give the same predictions; they can be neither evaluated nor the test set of a training run.
    @Test(arguments: ["classification", "regression", "multi_label"])
    func arraysToPredictNeedNoTargets(_ task: String) throws {
        let folder = try RunLogFolder()
        func array(_ name: String, _ shape: String, _ values: [UInt8]) throws {
            var header = "{'descr': '|u1', 'fortran_order': False, 'shape': \(shape), }"
            while (11 + header.utf8.count) % 64 != 0 { header += " " }
            let length = UInt8(header.utf8.count + 1)
            let bytes = [0x93] + Array("NUMPY".utf8) + [1, 0, length, 0] + Array("\(header)\n".utf8) + values
            try Data(bytes).write(to: folder.url.appending(path: name))
        }
        try array("x.npy", "(60, 2)", (0..<120).map { UInt8($0 * 7 % 31) })
        try array(
            "y.npy", task == "classification" ? "(60,)" : "(60, 2)",
            (0..<(task == "classification" ? 60 : 120)).map { UInt8($0 % 2) })
        let data =
            "data={npy: {train_inputs: \(folder.path("x.npy")), train_targets: \(folder.path("y.npy")), task: \(task)}}"
        _ = try train(folder, [data, "max_steps=5"])
        func predicted(_ more: [String]) throws -> [[Substring]] {
            let model = try TrainedModel(
                communicator: Communicator(), path: folder.path("run"),
                overrides: ["data.npy.test_inputs=\(folder.path("x.npy"))"] + more)
            #expect(try model.predict(.test, to: folder.path("out.csv")) == 60)
            if more.isEmpty { #expect(throws: AgreedFailure.self) { try model.evaluate(.test) } }
            return try folder.lines("out.csv").map { $0.split(separator: ",") }
        }
        let with = try predicted(["data.npy.test_targets=\(folder.path("y.npy"))"])
        let kept = with[0].indices.filter { !with[0][$0].hasPrefix("target") }
        let without = try predicted([])
        #expect(without == with.map { row in row.isEmpty ? [] : kept.map { row[$0] } })
        let refused = #expect(throws: AgreedFailure.self) {
            try train(try RunLogFolder(), [data, "data.npy.test_inputs=\(folder.path("x.npy"))"])
        }
        #expect(refused?.description.contains("has no targets (test_targets)") ?? false, "\(refused as Any)")
    }

    /// The same of images without labels, and of HDF5 files without the data set of targets.
    @Test(arguments: ["idx", "hdf5"]) func filesToPredictNeedNoTargets(_ format: String) throws {
        let folder = try RunLogFolder()
        let (data, with, without, key): (String, [String], [String], String)
        if format == "idx" {
            let extents: [UInt8] = [0, 0, 0, 60, 0, 0, 0, 2, 0, 0, 0, 2]
            let pixels = (0..<240).map { UInt8($0 * 7 % 31) }
            try Data([0, 0, 8, 3] + extents + pixels).write(to: folder.url.appending(path: "x.idx"))
            try Data([0, 0, 8, 1, 0, 0, 0, 60] + (0..<60).map { UInt8($0 % 2) })
                .write(to: folder.url.appending(path: "y.idx"))
            data = "{idx: {train_images: \(folder.path("x.idx")), train_labels: \(folder.path("y.idx"))}}"
            without = ["data.idx.test_images=\(folder.path("x.idx"))"]
            with = without + ["data.idx.test_labels=\(folder.path("y.idx"))"]
            key = "test_labels"
        } else {
            let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appending(path: "Fixtures/arrays/rows.h5")
            var bytes = [UInt8](try Data(contentsOf: file))
            let name = try #require(bytes.firstRange(of: Array("labels".utf8)))
            bytes.replaceSubrange(name, with: Array("latels".utf8))
            try Data(bytes).write(to: folder.url.appending(path: "without.h5"))
            data = "{hdf5: {train: \(file.path()), inputs: whole, targets: labels}}"
            with = ["data.hdf5.test=\(file.path())"]
            without = ["data.hdf5.test=\(folder.path("without.h5"))"]
            key = ":labels"
        }
        _ = try train(folder, ["data=\(data)", "max_steps=5", "batch=10"])
        func model(_ more: [String]) throws -> TrainedModel {
            try TrainedModel(communicator: Communicator(), path: folder.path("run"), overrides: more)
        }
        func predicted(_ more: [String]) throws -> [[Substring]] {
            try model(more).predict(.test, to: folder.path("out.csv"))
            return try folder.lines("out.csv").map { $0.split(separator: ",") }
        }
        let all = try predicted(with)
        let kept = all[0].indices.filter { all[0][$0] != "target" }
        #expect(kept.count == all[0].count - 1 && all.count > 20)
        #expect(try predicted(without) == all.map { row in row.isEmpty ? [] : kept.map { row[$0] } })
        let error = #expect(throws: AgreedFailure.self) { try model(without).evaluate(.test) }
        #expect(error?.description.hasPrefix("the test set has no targets: ") ?? false, "\(error as Any)")
        let refused = #expect(throws: AgreedFailure.self) {
            try train(try RunLogFolder(), ["data=\(data)"] + without)
        }
        #expect(refused?.description.contains(key) ?? false, "\(refused as Any)")
    }

    /// Pictures are of the validation set where there is no test set; an evaluation says how to ask for it.
    @Test func withoutATestSet() throws {
        let folder = try RunLogFolder()
        let table = "x,kind\n" + (0..<90).map { "\($0),\($0 < 45 ? "low" : "high")\n" }.joined()
        try Data(table.utf8).write(to: folder.url.appending(path: "t.csv"))
        let data = "{csv: {train: \(folder.path("t.csv")), target: kind, validation: 0.2}}"
        _ = try train(folder, ["data=\(data)", "max_steps=5"])
        func model(_ more: [String] = []) throws -> TrainedModel {
            try TrainedModel(communicator: Communicator(), path: folder.path("run"), overrides: more)
        }
        #expect(try model().defaultPictured() == .validation)
        #expect(try model(["data.csv.test=\(folder.path("t.csv"))"]).defaultPictured() == .test)
        func problem(_ more: [String]) -> String {
            (#expect(throws: AgreedFailure.self) { try model(more).evaluate(.test) })?.description ?? ""
        }
        #expect(problem([]).hasPrefix("the data have no test set; --split validation takes "))
        #expect(problem(["data.csv.validation=none"]).contains("; --split training takes "))
    }
}
