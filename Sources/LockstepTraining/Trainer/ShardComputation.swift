import Foundation
import LockstepAutograd
import LockstepDataParallel
import LockstepDatasets
import LockstepLayers
import LockstepMetrics
import LockstepTasks
import LockstepTensors
import LockstepTimeline

/// Forward and backward of one shard: the part of a step that no other rank sees.
final class ShardComputation {
    private let model: any Model
    private let loss: LossFunction
    private let task: LearningTask
    private let store: ParameterStore
    private let seed: UInt64
    private let tape: Tape
    private let timeline: StepTimeline?

    /// - Parameter timeline: where the times of forward and backward are noted.
    init(
        model: any Model, loss: LossFunction, task: LearningTask, store: ParameterStore, seed: UInt64,
        precision: Precision, pool: StoragePool, timeline: StepTimeline? = nil
    ) {
        self.timeline = timeline
        self.model = model
        self.loss = loss
        self.task = task
        self.store = store
        self.seed = seed
        tape = Tape(pool: pool, precision: precision)
    }

    /// Computes a shard's gradients and its record.
    /// - Parameters:
    ///   - inputs: [n, sample shape...]; targets: [n] or [n, outputs]; n may be 0.
    /// - Throws: what an operation finds wrong with the data.
    func run(_ shard: ShardTask, inputs: Tensor, targets: Tensor) throws -> ShardRecord {
        timeline?.begin(.forward)
        defer { timeline?.begin(.other) }
        guard inputs.shape[0] > 0 else {
            // An empty shard contributes +0 to every sum.
            try shard.waitForParameters()
            shard.clearGradients()
            return ShardRecord()
        }
        shard.begin(tape, seed: seed)
        let outputs = model.outputs(tape.constant(inputs))
        let value = loss(outputs, targets: targets)
        timeline?.begin(.backward)
        tape.backward(from: value.sum, store: store, whenReady: shard.whenReady)
        timeline?.begin(.forward)
        if let failure = tape.failure { throw failure }
        var record = ShardRecord(
            lossSum: value.sumValue, weight: value.weight, samples: UInt64(inputs.shape[0]))
        if case .classification(let classes) = task {
            record.metricSums[0] = Double(
                ClassificationSums.correct(
                    scores: outputs.value.floats, labels: targets.int32s, rows: inputs.shape[0],
                    classes: classes))
        }
        tape.clear()
        return record
    }
}
