import Foundation
import LockstepCheckpoints

/// What the tests kill in the middle of a checkpoint: `CheckpointProbe write DIRECTORY STEP` writes one in the background, as training
/// does; `CheckpointProbe start DIRECTORY` does what a start does before its first step; `CheckpointProbe newest DIRECTORY` prints the step
/// of the newest complete one.
@main struct CheckpointProbe {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3 else { exit(64) }
        let store = CheckpointStore(arguments[2])
        do {
            switch arguments[1] {
            case "write":
                guard arguments.count == 4, let step = Int(arguments[3]) else { exit(64) }
                try write(store, step)
            case "start":
                store.removeRemains()
                _ = try StorageProbe(store.directory)
                _ = store.putInOrder(newest: store.newestComplete().checkpoint?.step)
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
        let writer = try CheckpointWriter(store)
        try values.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            let tensor = TensorSource(name: "weight", shape: [10, 100], floats: start)
            var state = StateSections()
            try state.set("step", [step])
            var job = CheckpointJob(
                step: step, model: [tensor], optimizer: [tensor], state: state, versions: ["probe": "1"])
            // The hardest case: the only other one goes.
            job.keep = 1
            // On the writer's thread, so that all calls that touch the store are its own, and can be counted.
            job.prepare = { store.removeRemains() }
            writer.submit(job)
            writer.wait()
        }
        if let failure = writer.failure { throw failure }
    }
}
