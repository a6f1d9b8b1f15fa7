import Foundation
import LockstepCheckpoints
import LockstepDataParallel
import LockstepExperiment
import LockstepTensors
import LockstepTraining

/// Trains on one rank with one shard, and writes down what another program needs to do the same:
/// `ExperimentProbe RUN-FILE RUN-DIRECTORY OUTPUT [STEPS]`.
///
/// OUTPUT/initial holds the initial parameters, OUTPUT/batches the inputs and targets of all steps (NHWC, as the model sees
/// them), OUTPUT/test those of the test set; each a checkpoint directory with a model.safetensors. The losses are in the run
/// directory's metrics.jsonl.
@main struct ExperimentProbe {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count >= 4 else { exit(64) }
        let output = arguments[3]
        let recorder = Recorder()
        RankProgram.run { communicator in
            let limits = Trainer.Limits(
                observer: .init(
                    beforeShard: { recorder.add($0, $1[0], $1[1], initial: output + "/initial") },
                    atEnd: { split in
                        guard arguments.count < 5, split.count > 0 else { return }
                        let block = split.block(0..<split.count)
                        let (inputs, targets) = (block[0], block[1])
                        recorder.failure = Result {
                            try Recorder.write([inputs], [targets], to: output + "/test")
                        }
                    }), stopAfterStep: arguments.count > 4 ? Int(arguments[4]) : nil)
            _ = try TrainingRun(
                communicator: communicator,
                runFile: try RunFile(path: arguments[1], overrides: ["shards=1", "log_every_steps=1"]),
                recipe: "probe", options: .init(runDirectory: arguments[2], limits: limits)
            ).run()
            try recorder.failure.get()
            if arguments.count > 4 {
                try Recorder.write(recorder.inputs, recorder.targets, to: output + "/batches")
            }
        }
    }
}

/// What was seen. `@unchecked Sendable`: it is used by the one thread that trains.
final class Recorder: @unchecked Sendable {
    var inputs: [Tensor] = []
    var targets: [Tensor] = []
    var failure: Result<Void, any Error> = .success(())
    private var hasInitial = false

    func add(_ dataParallel: DataParallel, _ inputs: Tensor, _ targets: Tensor, initial: String) {
        if !hasInitial {
            hasInitial = true
            let tensors = dataParallel.modelState.map { tensor in
                TensorSource(
                    name: tensor.name, type: tensor.isInteger ? .int64 : .float32, shape: tensor.shape,
                    bytes: UnsafeRawBufferPointer(start: tensor.address, count: tensor.byteCount))
            }
            failure = Result {
                try CheckpointStore(initial).write(
                    step: 0, model: tensors, optimizer: [], state: StateSections(), versions: [:])
            }
        }
        guard self.inputs.count < 200 else { return }
        self.inputs.append(copy(inputs))
        self.targets.append(copy(targets))
    }

    static func write(_ inputs: [Tensor], _ targets: [Tensor], to directory: String) throws {
        var sources: [TensorSource] = []
        for (index, (x, t)) in zip(inputs, targets).enumerated() {
            sources.append(
                TensorSource(
                    name: "inputs.\(index)", type: x.dtype == .int32 ? .int32 : .float32,
                    shape: x.shape.extents,
                    bytes: UnsafeRawBufferPointer(start: x.address, count: x.byteCount)))
            sources.append(
                TensorSource(
                    name: "targets.\(index)", type: t.dtype == .int32 ? .int32 : .float32,
                    shape: t.shape.extents,
                    bytes: UnsafeRawBufferPointer(start: t.address, count: t.byteCount)))
        }
        try CheckpointStore(directory).write(
            step: 0, model: sources, optimizer: [], state: StateSections(), versions: [:])
    }

    private func copy(_ tensor: Tensor) -> Tensor {
        let result = Tensor(zeros: tensor.shape, dtype: tensor.dtype)
        result.copy(from: tensor)
        return result
    }
}
