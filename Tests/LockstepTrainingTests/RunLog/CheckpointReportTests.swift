import Foundation
import LockstepCheckpoints
import LockstepInference
import LockstepTraining
import Testing

/// A run directory with a checkpoint for each of these steps.
private func run(_ folder: RunLogFolder, steps: [Int]) throws -> String {
    let store = CheckpointStore(folder.path("checkpoints"))
    let weights: [Float] = [1, 2, 3, 4, 5, 6]
    for step in steps {
        try weights.withUnsafeBufferPointer { weights in
            let start = try #require(weights.baseAddress)
            try store.write(
                step: step, model: [TensorSource(name: "output.weight", shape: [2, 3], floats: start)],
                optimizer: [TensorSource(name: "exp_avg.output.weight", shape: [2, 3], floats: start)],
                state: StateSections(), versions: ["lockstep": "0.1"])
        }
    }
    return folder.url.path
}

@Suite struct CheckpointReportTests {
    @Test func describesACheckpoint() throws {
        let folder = try RunLogFolder()
        let path = try run(folder, steps: [7, 12])
        try Data("batch: 4\n".utf8).write(to: folder.url.appending(path: "config.yaml"))
        let report = try CheckpointReport(path, verify: false)
        #expect(report.directory == "\(path)/checkpoints/step-00000012")
        for part in [
            "step        12\n", "tensors     1 of the model, with 6 elements\n", "written by  lockstep 0.1\n",
            "checksums   not checked; --verify does\n", "  output.weight  F32  [2, 3]\n",
            "  exp_avg.output.weight  F32  [2, 3]\n", "config.yaml\n  batch: 4\n",
        ] {
            #expect(report.text.contains(part), "\(part) is not in\n\(report.text)")
        }
        let checkpoint = try CheckpointReport("\(path)/checkpoints/step-00000007", verify: true)
        #expect(checkpoint.text.contains("step        7\n"))
        #expect(checkpoint.text.contains("checkpoints/step-00000007: all 3 files are as they were written\n"))
        #expect(
            try CheckpointReport("\(path)/checkpoints/latest", verify: false).text.contains(
                "step        12\n"))
    }

    @Test func verifiesEveryCheckpointOfARun() throws {
        let folder = try RunLogFolder()
        let path = try run(folder, steps: [1, 2])
        #expect(try CheckpointReport(path, verify: true).text.contains("step-00000001: all 3 files"))
        let file = "\(path)/checkpoints/step-00000001/model.safetensors"
        var data = try Data(contentsOf: URL(filePath: file))
        data[data.count - 1] ^= 1
        try data.write(to: URL(filePath: file))
        _ = try CheckpointReport(path, verify: false)
        let report = try CheckpointReport(path, verify: true)
        #expect(report.text.contains("step-00000001: 1 file is damaged\n"), "\(report.text)")
        #expect(report.text.contains("step-00000002: all 3 files are as they were written\n"))
        #expect(report.damages.count == 2 && report.damages[0].hasPrefix("\(file): its checksum is "))
        #expect(
            report.damages.last
                == "1 of 2 checkpoints is damaged. \(path)/checkpoints/step-00000002 is the newest that is not: --resume, "
                + "evaluate and predict pass over the damaged ones and use it.")
    }

    /// The first damaged file hides none of the others, nor does one of which nothing can be read.
    @Test func reportsEveryDamagedFile() throws {
        let folder = try RunLogFolder()
        let path = try run(folder, steps: [1, 2, 3, 4])
        func place(_ step: Int, _ file: String) -> String {
            "\(path)/checkpoints/step-0000000\(step)/\(file)"
        }
        let files = FileManager.default
        #expect(truncate(place(1, "model.safetensors"), 5) == 0)
        try files.removeItem(atPath: place(1, "optimizer.safetensors"))
        try files.removeItem(atPath: place(3, "manifest.json"))
        try Data("{}".utf8).write(to: URL(filePath: place(4, "state.json")))
        #expect(truncate(place(4, "model.safetensors"), 0) == 0)
        let report = try CheckpointReport(path, verify: true)
        let ends = [
            (
                "\(place(1, "model.safetensors")): it has 5 bytes, but ",
                " according to the manifest: it was truncated."
            ),
            ("\(place(1, "optimizer.safetensors")): it is missing.", ""),
            ("\(place(3, "manifest.json")): it is missing.", ""),
            ("\(place(4, "model.safetensors")): it has 0 bytes, but ", ": it was truncated."),
            ("\(place(4, "state.json")): it has 2 bytes, but ", "."),
            (
                "3 of 4 checkpoints are damaged. \(path)/checkpoints/step-00000002 is the newest that is not",
                ""
            ),
        ]
        #expect(report.damages.count == ends.count, "\(report.damages)")
        for (damage, (begin, end)) in zip(report.damages, ends) {
            #expect(damage.hasPrefix(begin) && damage.hasSuffix(end), "\(damage)")
        }
        #expect(
            report.text.contains("step-00000001: 2 files are damaged\n")
                && report.text.contains("step-00000002: all 3 files"), "\(report.text)")
        try files.removeItem(atPath: place(2, "manifest.json"))
        #expect(
            try CheckpointReport(path, verify: true).damages.last
                == "4 of 4 checkpoints are damaged. Restore one from a copy, or start a new run.")
    }

    /// One that was asked for by name: which other one there is.
    @Test func suggestsAnotherCheckpoint() throws {
        let folder = try RunLogFolder()
        let path = try run(folder, steps: [1, 2])
        let checkpoint = "\(path)/checkpoints/step-00000002"
        try FileManager.default.removeItem(atPath: "\(checkpoint)/manifest.json")
        let advice = "/checkpoints/step-00000001 instead, the newest undamaged checkpoint."
        for place in [checkpoint, "\(path)/checkpoints/latest"] {
            let error = #expect(throws: CheckpointError.self) { try CheckpointReport(place, verify: false) }
            #expect(
                error?.description.hasPrefix("\(place)/manifest.json: it is missing") == true
                    && error?.description.hasSuffix(advice) == true, "\(error?.description ?? "none")")
            let report = try CheckpointReport(place, verify: true)
            #expect(report.damages.count == 2 && report.damages[1].hasSuffix(advice), "\(report.damages)")
        }
        try FileManager.default.removeItem(atPath: "\(path)/checkpoints/step-00000001/manifest.json")
        let error = #expect(throws: CheckpointError.self) { try CheckpointReport(checkpoint, verify: false) }
        #expect(
            error?.description.contains("are damaged, too: restore this one from a copy, or start a new run.")
                == true)
    }

    /// What files say steers no terminal: names of tensors, versions, lines of config.yaml, and names in
    /// errors.
    @Test func whatFilesSayIsPrintable() throws {
        let folder = try RunLogFolder()
        let hostile = "\u{1B}]0;owned\u{7}\r\u{9B}2J\u{202E}"
        let store = CheckpointStore(folder.path("checkpoints"))
        let weights: [Float] = [1, 2]
        try weights.withUnsafeBufferPointer { weights in
            let start = try #require(weights.baseAddress)
            try store.write(
                step: 1, model: [TensorSource(name: hostile + "\n", shape: [2], floats: start)],
                optimizer: [],
                state: StateSections(), versions: ["lockstep": hostile])
        }
        try Data("name: \(hostile)\n".utf8).write(to: folder.url.appending(path: "config.yaml"))
        let text = try CheckpointReport(folder.url.path, verify: true).text
        let escaped = #"\u{1B}]0;owned\u{7}\u{D}\u{9B}2J\u{202E}"#
        for line in [
            "  \(escaped)\\u{A}  F32  [2]\n", "written by  lockstep \(escaped)\n", "  name: \(escaped)\n",
        ] {
            #expect(text.contains(line), "\(text.debugDescription)")
        }
        #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\n" })
        let manifest = store.path(1) + "/manifest.json"
        try Data(#"{"files":{"\u001b[2J":{}}}"#.utf8).write(to: URL(filePath: manifest))
        let damage = try CheckpointReport(folder.url.path, verify: true).damages.first ?? ""
        #expect(damage.contains(#"it lists '\u{1B}[2J', which is not a file of a checkpoint"#), "\(damage)")
    }

    @Test func placesWithoutCheckpoints() throws {
        let folder = try RunLogFolder()
        let error = #expect(throws: CheckpointError.self) {
            try CheckpointReport(folder.url.path, verify: false)
        }
        #expect(error?.description.contains("holds no checkpoint") ?? false)
        let absent = #expect(throws: CheckpointError.self) {
            try CheckpointReport(folder.path("absent"), verify: false)
        }
        #expect(absent?.description.contains("does not exist") ?? false)
        try Data("{}".utf8).write(to: folder.url.appending(path: "manifest.json"))
        let damaged = #expect(throws: CheckpointError.self) {
            try CheckpointReport(folder.url.path, verify: false)
        }
        #expect(damaged?.description.contains("the key 'format' is missing") ?? false)
    }
}
