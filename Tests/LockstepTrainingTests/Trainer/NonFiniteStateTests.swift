import Foundation
import LockstepCheckpoints
import LockstepCollectives
import LockstepDataParallel
import LockstepExperiment
import LockstepInference
import LockstepRunLog
import LockstepTasks
import LockstepTraining
import Testing

/// Parameters, running statistics and moments that are infinite or not a number end a run, and are in no checkpoint.
@Suite(.serialized) struct NonFiniteStateTests {
    private func train(
        _ folder: RunLogFolder, _ more: [String] = [], resume: Bool = false, planting name: String? = nil,
        _ value: Float = .nan, beforeStep step: Int = 4
    ) throws -> RunSummary {
        let runFile = try RunFile(
            yaml: """
                model: {mlp: {hidden: [16], batch_norm: true}}
                data: {synthetic: {samples: 200, shape: [4], classes: 3, validation: 0.2}}
                batch: 20
                max_steps: 6
                checkpoint: {every_steps: 1, keep: 10}
                optimizer: {sgd: {learning_rate: 0.1, momentum: 0.9}}
                """, overrides: more)
        let observer = TrainerObserver(beforeShard: { dataParallel, _ in
            guard dataParallel.step == step - 1 else { return }
            let tensor = dataParallel.modelState.first { $0.name == name }
            tensor?.address.assumingMemoryBound(to: Float.self)[1] = value
        })
        return try TrainingRun(
            communicator: Communicator(), runFile: runFile, recipe: "test",
            options: .init(
                runDirectory: folder.path("run"), resume: resume, limits: .init(observer: observer))
        ).run()
    }

    private func newestStep(_ folder: RunLogFolder) -> Int? {
        CheckpointStore(folder.path("run/checkpoints")).newestComplete().checkpoint?.step
    }

    private func expectEnd(
        of folder: RunLogFolder, naming name: String, afterStep step: Int, newest: Int,
        _ body: () throws -> RunSummary
    ) throws {
        #expect {
            _ = try body()
        } throws: { error in
            guard case TrainingError.nonFiniteTensor(name, .step(step, let checkpoint)) = error else {
                return false
            }
            return checkpoint == CheckpointStore(folder.path("run/checkpoints")).path(newest)
                && ExitStatus(ofRunning: error) == .failure
                && "\(error)".contains("\(name) has elements that are infinite or not a number")
        }
        #expect(newestStep(folder) == newest)
        #expect(try folder.text("run/summary.json").contains("non_finite"))
    }

    /// What reads the parameter passes NaN on to the loss: the step is not applied.
    @Test(arguments: ["hidden.0.weight", "normalization.0.weight", "output.bias"])
    func aParameterIsNamed(_ name: String) throws {
        let folder = try RunLogFolder()
        try expectEnd(of: folder, naming: name, afterStep: 3, newest: 3) {
            try train(folder, planting: name)
        }
    }

    /// Training does not read running statistics: a checkpoint finds what is wrong with them, and an evaluation, too.
    @Test(arguments: [Float.nan, .infinity], [1, 100])
    func runningStatisticsAreLookedAt(_ value: Float, _ interval: Int) throws {
        let folder = try RunLogFolder()
        let more = interval == 1 ? [] : ["checkpoint.every_steps=3", "evaluate={every_steps: 4}"]
        try expectEnd(of: folder, naming: "normalization.0.running_var", afterStep: 4, newest: 3) {
            try train(folder, more, planting: "normalization.0.running_var", value)
        }
    }

    @Test(arguments: ["output.weight", "normalization.0.running_mean", "momentum_buffer.hidden.0.bias"])
    func aCheckpointIsRefused(_ name: String) throws {
        let folder = try RunLogFolder()
        _ = try train(folder)
        let store = CheckpointStore(folder.path("run/checkpoints"))
        let checkpoint = try #require(store.newestComplete().checkpoint)
        var memory: [UnsafeMutableRawBufferPointer] = []
        defer { for buffer in memory { buffer.deallocate() } }
        func tensors(_ path: String) throws -> [TensorSource] {
            let file = try SafetensorsFile(path)
            let places = file.header.entries.map { entry in
                let buffer = UnsafeMutableRawBufferPointer.allocate(
                    byteCount: max(8, entry.range.count), alignment: 64)
                memory.append(buffer)
                return TensorDestination(
                    name: entry.name, type: entry.type, shape: entry.shape,
                    bytes: UnsafeMutableRawBufferPointer(rebasing: buffer[..<entry.range.count]))
            }
            try file.read(into: places)
            for place in places where place.name == name {
                place.bytes.storeBytes(of: -Float.infinity, as: Float.self)
            }
            return places.map {
                TensorSource(
                    name: $0.name, type: $0.type, shape: $0.shape, bytes: UnsafeRawBufferPointer($0.bytes))
            }
        }
        try store.write(
            step: checkpoint.step, model: tensors(checkpoint.modelPath),
            optimizer: tensors(checkpoint.optimizerPath), state: checkpoint.state(), versions: [:])
        #expect {
            _ = try train(folder, ["max_steps=20"], resume: true)
        } throws: { error in
            (error as? AgreedFailure)?.status == .mistake && "\(error)".contains(name)
                && "\(error)".contains(store.path(checkpoint.step))
        }
        guard !name.hasPrefix("momentum") else { return }
        #expect {
            _ = try TrainedModel(communicator: Communicator(), path: store.path(checkpoint.step))
        } throws: { error in
            (error as? AgreedFailure)?.status == .mistake && "\(error)".contains(name)
        }
    }
}
