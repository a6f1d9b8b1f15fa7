import Foundation
import LockstepCheckpoints
import Testing

@Suite struct CheckpointStoreTests {
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID())")
        .path
    private let values: [Float] = (0..<600).map { Float($0) / 7 }

    private func write(_ store: CheckpointStore, step: Int) throws {
        try values.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            var state = StateSections()
            try state.set("step", [step])
            try state.set("numbers", ["third": 1.0 / 3, "tiny": 2.5e-300])
            try store.write(
                step: step,
                model: [
                    TensorSource(name: "a.weight", shape: [20, 25], floats: start),
                    TensorSource(name: "a.bias", shape: [100], floats: start + 500),
                ],
                optimizer: [TensorSource(name: "exp_avg.a.bias", shape: [100], floats: start)], state: state,
                versions: ["lockstep": "test"])
        }
    }

    private func cleanUp() { try? FileManager.default.removeItem(atPath: directory) }

    @Test func roundTrip() throws {
        defer { cleanUp() }
        let store = CheckpointStore(directory)
        try write(store, step: 7)
        let checkpoint = try #require(store.newestComplete().checkpoint)
        #expect(checkpoint.step == 7)
        let file = try SafetensorsFile(checkpoint.modelPath)
        #expect(file.header.entries.map(\.name) == ["a.weight", "a.bias"])
        var weight = [Float](repeating: 0, count: 500)
        var bias = [Float](repeating: 0, count: 100)
        try weight.withUnsafeMutableBytes { weight in
            try bias.withUnsafeMutableBytes { bias in
                try file.read(into: [
                    TensorDestination(name: "a.weight", type: .float32, shape: [20, 25], bytes: weight),
                    TensorDestination(name: "a.bias", type: .float32, shape: [100], bytes: bias),
                ])
            }
        }
        #expect(weight + bias == values)
        let state = try checkpoint.state()
        #expect(try state.get("numbers", as: [String: Double].self) == ["third": 1.0 / 3, "tiny": 2.5e-300])
        let link = try FileManager.default.destinationOfSymbolicLink(atPath: directory + "/latest")
        #expect(link == "step-00000007")
    }

    @Test func equalStatesGiveEqualFiles() throws {
        defer { cleanUp() }
        let (first, second) = (CheckpointStore(directory + "/1"), CheckpointStore(directory + "/2"))
        try write(first, step: 3)
        try write(second, step: 3)
        for name in ["model.safetensors", "optimizer.safetensors", "state.json", "manifest.json"] {
            #expect(
                FileManager.default.contentsEqual(
                    atPath: first.path(3) + "/" + name, andPath: second.path(3) + "/" + name), "\(name)")
        }
    }

    @Test func sameStepAgain() throws {
        defer { cleanUp() }
        let store = CheckpointStore(directory)
        try write(store, step: 4)
        try write(store, step: 4)
        #expect(store.newestComplete().checkpoint?.step == 4)
    }

    /// Kinds of damage to a file between runs.
    private static let damages: [String] = [
        "truncated", "flipped first", "flipped last", "missing", "empty", "directory", "longer",
    ]

    @Test(arguments: ["model.safetensors", "optimizer.safetensors", "state.json", "manifest.json"], damages)
    func damagedFilesAreRefused(_ name: String, _ damage: String) throws {
        defer { cleanUp() }
        let store = CheckpointStore(directory)
        try write(store, step: 10)
        try write(store, step: 20)
        let path = store.path(20) + "/" + name
        var data = try #require(FileManager.default.contents(atPath: path))
        switch damage {
        case "truncated": data.removeLast(3)
        case "flipped first": data[data.startIndex] ^= 0x10
        case "flipped last": data[data.endIndex - 2] ^= 0x01
        case "empty": data = Data()
        case "longer": data.append(0)
        default: break
        }
        try FileManager.default.removeItem(atPath: path)
        if damage == "directory" {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        } else if damage != "missing" {
            try data.write(to: URL(fileURLWithPath: path))
        }
        let found = store.newestComplete()
        // A manifest whose last line break has changed still says the same.
        let isHarmless = name == "manifest.json" && ["flipped last", "longer"].contains(damage)
        if isHarmless && found.checkpoint?.step == 20 { return }
        #expect(found.checkpoint?.step == 10)
        #expect(found.refused.count == 1)
        #expect(found.refused.first?.description.contains("step-00000020") == true)
    }
}
