import Foundation
import LockstepCheckpoints

/// A folder for checkpoints that is removed with the object, and small checkpoints in it.
final class TestStore {
    /// The folder above, for whatever a test needs besides.
    let parent = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID())").path
    let store: CheckpointStore

    init(_ name: String = "checkpoints") throws {
        store = CheckpointStore(parent + "/" + name)
        try FileManager.default.createDirectory(
            atPath: store.directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: parent) }

    /// Writes a checkpoint.
    @discardableResult
    func write(_ step: Int) throws -> CheckpointStore.Written {
        let values = (0..<50).map { Float($0 + step) }
        var state = StateSections()
        try state.set("step", [step])
        return try values.withUnsafeBufferPointer { buffer in
            let tensor = TensorSource(
                name: "w", type: .float32, shape: [50], bytes: UnsafeRawBufferPointer(buffer))
            return try store.write(
                step: step, model: [tensor], optimizer: [tensor], state: state, versions: ["lockstep": "test"]
            )
        }
    }

    /// A path in the store.
    func path(_ name: String) -> String { store.directory + "/" + name }

    /// All names in the store, hidden ones included, sorted.
    var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: store.directory)) ?? []).sorted()
    }

    /// What the link names; nil where it is no link.
    var latest: String? { try? FileManager.default.destinationOfSymbolicLink(atPath: path("latest")) }

    /// Changes one bit of a checkpoint's file.
    func damage(_ step: Int, _ file: String = "model.safetensors") throws {
        let url = URL(fileURLWithPath: store.path(step) + "/" + file)
        var data = try Data(contentsOf: url)
        data[data.endIndex - 3] ^= 0x10
        try data.write(to: url)
    }

    /// A folder with a file that no checkpoint has.
    func makeForeign(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: path(name) + "/notes.txt"))
    }
}
