import Foundation
import LockstepCheckpoints

/// What the tests kill in the middle of a checkpoint: `CheckpointProbe write DIRECTORY STEP` writes one;
/// `CheckpointProbe newest DIRECTORY` prints the step of the newest complete one.
@main struct CheckpointProbe {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3 else { exit(64) }
        let store = CheckpointStore(arguments[2])
        do {
            switch arguments[1] {
            case "write":
                guard arguments.count == 4, let step = Int(arguments[3]) else { exit(64) }
                store.removeRemains()
                try write(store, step)
            case "newest":
                print(store.newestComplete().checkpoint?.step ?? -1)
            default: exit(64)
            }
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            exit(1)
        }
    }

    private static func write(_ store: CheckpointStore, _ step: Int) throws {
        let values = (0..<1000).map { Float($0 + step) }
        try values.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            let tensor = TensorSource(name: "weight", shape: [10, 100], floats: start)
            var state = StateSections()
            try state.set("step", [step])
            try store.write(
                step: step, model: [tensor], optimizer: [tensor], state: state, versions: ["probe": "1"])
            try store.removeOld(keep: 2)
        }
    }
}
