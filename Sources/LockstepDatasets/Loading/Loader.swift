import Foundation
import LockstepContracts
import LockstepProcess
import LockstepTensors
import LockstepTimeline
import Synchronization

/// Prepares this rank's shards of the next steps on a thread of its own, in a ring of buffers that are used again.
///
/// `@unchecked Sendable`: a slot belongs to the loader's thread between `empty.wait` and `full.signal`, and to the training thread
/// between `full.wait` and `empty.signal`; nothing else changes after `init`.
public final class Loader: @unchecked Sendable {
    private let dataset: PreparedDataset
    private let sampler: Sampler
    private let shards: Range<Int>
    private let shardCount: Int
    private let smallestShard: Int
    private let slots: [(inputs: Storage, targets: Storage)]
    private let full = DispatchSemaphore(value: 0)
    private let empty = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let isStopping = Atomic<Bool>(false)
    private let firstStep: Int
    private var nextStep: Int
    /// The number of batches that have been handed out and not yet released.
    private var outstanding = 0
    private let augmenter: Augmenter?
    private let timeline: StepTimeline?
    private let beforeBatch: (@Sendable (_ step: Int) -> Void)?

    /// Starts to prepare steps from `step` on.
    /// - Parameters:
    ///   - shards: those of this rank, of `shardCount` in all.
    ///   - smallest: the fewest samples with which a shard can be computed; see `Sampler.positions`.
    ///   - depth: how many steps are prepared ahead.
    ///   - timeline: where the times of the loader's thread are noted.
    ///   - beforeBatch: called on the loader's thread before it prepares a step's batch.
    /// - Throws: `ThreadError` when its thread cannot be started.
    public init(
        _ dataset: PreparedDataset, sampler: Sampler, shards: Range<Int>, of shardCount: Int,
        smallest: Int = 1, from step: Int, depth: Int, timeline: StepTimeline? = nil,
        beforeBatch: (@Sendable (_ step: Int) -> Void)? = nil
    ) throws(ThreadError) {
        contract(
            shards.lowerBound >= 0 && !shards.isEmpty && shards.upperBound <= shardCount && step >= 0
                && depth >= 0,
            "Loader: shards \(shards) of \(shardCount), from step \(step), \(depth) steps ahead")
        contract(
            sampler.count <= dataset.count(.training),
            "Loader: a sampler of \(sampler.count) samples for a training set of \(dataset.count(.training))")
        self.beforeBatch = beforeBatch
        self.timeline = timeline
        self.dataset = dataset
        self.sampler = sampler
        self.shards = shards
        self.shardCount = shardCount
        smallestShard = smallest
        firstStep = step
        nextStep = step
        // The largest number of samples of this rank's shards in a step; no step has more than all samples.
        let rows =
            sampler.stepSizes.map { samples in
                Self.positions(ofShards: shards, of: shardCount, samples: samples, smallest: smallest).count
            }.max() ?? 0
        let size = dataset.sampleShape.elementCount
        slots = (0..<depth + 1).map { _ in
            (
                Storage(byteCount: (rows + 1) * size * 4),
                Storage(byteCount: (rows + 1) * dataset.targetWidth * 4)
            )
        }
        // Dispatch traps when a semaphore dies below the value it was made with: so they all start at 0.
        for _ in slots { empty.signal() }
        augmenter =
            dataset.augmentations.isEmpty
            ? nil : Augmenter(dataset.augmentations, shape: dataset.sampleShape, seed: sampler.seed)
        try WorkerThread.start("loader of data") { [self] in work() }
    }

    /// The next step's samples; waits when they are not ready yet.
    public func next() -> StepBatch {
        contract(!isStopping.load(ordering: .relaxed), "Loader: next after close")
        contract(
            outstanding < slots.count,
            "Loader: next would wait for ever, since all \(slots.count) batches are out: release each after its step"
        )
        outstanding += 1
        full.wait()
        let step = nextStep
        nextStep += 1
        return StepBatch(
            step: step, epoch: sampler.epoch(ofStep: step),
            sampleCount: sampler.positions(ofStep: step).count,
            slot: (step - firstStep) % slots.count, loader: self)
    }

    /// Gives a batch's memory back.
    public func release(_ batch: StepBatch) {
        contract(outstanding > 0, "Loader: a batch is released twice")
        outstanding -= 1
        empty.signal()
    }

    /// Ends the thread and waits for it.
    public func close() {
        isStopping.store(true, ordering: .releasing)
        empty.signal()
        ended.wait()
    }

    func shard(_ shard: Int, of batch: StepBatch) -> (inputs: Tensor, targets: Tensor) {
        contract(shards.contains(shard), "StepBatch: shard \(shard) is not one of this rank's, \(shards)")
        let samples = batch.sampleCount
        let all = Self.positions(ofShards: shards, of: shardCount, samples: samples, smallest: smallestShard)
        let mine = Sampler.positions(
            ofShard: shard, of: shardCount, samples: samples, smallest: smallestShard)
        let row = mine.lowerBound - all.lowerBound
        let size = dataset.sampleShape.elementCount
        let slot = slots[batch.slot]
        return (
            Tensor(
                storage: slot.inputs, byteOffset: row * size * 4,
                shape: dataset.sampleShape.prepending(mine.count),
                dtype: dataset.inputType),
            Tensor(
                storage: slot.targets, byteOffset: row * dataset.targetWidth * 4,
                shape: dataset.targetShape(mine.count), dtype: dataset.targetType)
        )
    }

    /// The positions of some shards within a step's samples.
    private static func positions(
        ofShards shards: Range<Int>, of shardCount: Int, samples: Int, smallest: Int
    ) -> Range<Int> {
        func positions(_ shard: Int) -> Range<Int> {
            Sampler.positions(ofShard: shard, of: shardCount, samples: samples, smallest: smallest)
        }
        return positions(shards.lowerBound).lowerBound..<positions(shards.upperBound - 1).upperBound
    }

    private func work() {
        let order = UnsafeMutableBufferPointer<Int32>.allocate(capacity: sampler.count)
        defer {
            order.deallocate()
            ended.signal()
        }
        var orderedEpoch = -1
        var step = firstStep
        while true {
            empty.wait()
            if isStopping.load(ordering: .acquiring) { return }
            timeline?.beginStep(step)
            timeline?.begin(.load)
            beforeBatch?(step)
            let epoch = sampler.epoch(ofStep: step)
            if epoch != orderedEpoch {
                sampler.fillOrder(ofEpoch: epoch, order)
                orderedEpoch = epoch
            }
            fill(
                slots[(step - firstStep) % slots.count], step: step, epoch: epoch, UnsafeBufferPointer(order))
            step += 1
            timeline?.begin(.other)
            full.signal()
        }
    }

    private func fill(
        _ slot: (inputs: Storage, targets: Storage), step: Int, epoch: Int,
        _ order: UnsafeBufferPointer<Int32>
    ) {
        let positions = sampler.positions(ofStep: step)
        let mine = Self.positions(
            ofShards: shards, of: shardCount, samples: positions.count, smallest: smallestShard)
        let first = mine.lowerBound
        let size = dataset.sampleShape.elementCount
        if let windows = dataset.windows {
            let text = dataset.inputs.inputs.assumingMemoryBound(to: UInt8.self)
            let offset = windows.offset(ofEpoch: epoch, seed: sampler.seed)
            for row in 0..<mine.count {
                let id = Int(order[positions.lowerBound + first + row])
                windows.write(
                    text, start: windows.trainingStart(id, offset: offset),
                    inputs: slot.inputs.address.assumingMemoryBound(to: Int32.self) + row * size,
                    targets: slot.targets.address.assumingMemoryBound(to: Int32.self) + row * size)
            }
            return
        }
        let inputs = slot.inputs.address.assumingMemoryBound(to: Float.self)
        for row in 0..<mine.count {
            let id = Int(order[positions.lowerBound + first + row])
            let (data, sample) = dataset.place(.training, id)
            if let augmenter {
                augmenter.write(dataset, data, sample: sample, epoch: epoch, to: inputs + row * size)
            } else {
                dataset.writeInputs(data, sample, to: inputs + row * size)
            }
            dataset.writeTarget(data, sample, to: slot.targets.address, index: row)
        }
    }
}
