import Foundation
import LockstepCheckpoints
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
    @Test func tellsWhatACheckpointHolds() throws {
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
        let error = #expect(throws: CheckpointError.self) { try CheckpointReport(path, verify: true) }
        #expect(error?.description.hasPrefix("\(file): its checksum is ") ?? false)
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
        #expect(damaged?.description.contains("it is not a manifest") ?? false)
    }
}
