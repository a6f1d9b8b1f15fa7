import Foundation
import LockstepContracts
import LockstepProcess
import LockstepTensors
import LockstepTimeline
import Synchronization

/// Prepares this rank's shards of the next steps on its own threads, in a ring of reused buffers.
///
/// `@unchecked Sendable`: a slot belongs to the loader's threads between `empty.wait` and `full.signal`, and to the training
/// thread between `full.wait` and `empty.signal`; `work` belongs to the loader's first thread, and its helpers read it
/// while that thread waits for them; nothing else changes after `init`.
public final class Loader: @unchecked Sendable {
    /// The memory of a step: the rows of all shards of this rank, and tensors for each shard.
    private struct Slot {
        let memory: BatchMemory
        let shards: [FieldTensors]
    }

    /// The common work of the loader's threads.
    private struct Work {
        /// Whether rows are packed, shard by shard; otherwise they are written.
        var isFinishing = false
        /// Whether samples of a later step are read ahead.
        var isReadingAhead = false
        var slot = 0
        /// The number of samples of the step over all ranks.
        var samples = 0
        /// The position of the first row in the epoch's order.
        var first = 0
        var draws: SampleDraws
        /// The order of the epoch.
        var order: UnsafeMutableBufferPointer<Int32>
        /// The positions of this rank's rows of a later step that are read ahead, and their order; empty for none.
        var ahead = 0..<0
        var aheadOrder: UnsafeMutableBufferPointer<Int32>
    }

    /// The largest number of steps that are read ahead.
    private static let mostStepsAhead = 64

    private let dataset: any Dataset
    private let sampler: Sampler
    private let shards: Range<Int>
    private let shardCount: Int
    private let smallestShard: Int
    private let slots: [Slot]
    /// The order of the samples in an epoch, and of the next epoch if that is read ahead.
    private let orders: [UnsafeMutableBufferPointer<Int32>]
    /// The epoch of each order; -1 for none.
    private var orderedEpochs: ContiguousArray<Int>
    /// The number of steps that are read ahead of the one being prepared; 0 for data in memory.
    private let stepsAhead: Int
    /// The first step that has not been read ahead.
    private var nextAhead: Int
    private let full = DispatchSemaphore(value: 0)
    private let empty = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let isStopping = Atomic<Bool>(false)
    private let firstStep: Int
    private var nextStep: Int
    /// The number of batches that are in use and have not been released.
    private var outstanding = 0
    private var work: Work
    private let timeline: StepTimeline?
    private let beforeBatch: (@Sendable (_ step: Int) -> Void)?

    /// Starts to prepare steps from `step` on.
    /// - Parameters:
    ///   - shards: the shards of this rank, out of `shardCount`.
    ///   - smallest: the minimum number of samples in a shard; see `Sampler.positions`.
    ///   - depth: the number of steps to prepare ahead.
    ///   - threads: the number of threads that write the samples of a step; it does not affect the samples.
    ///   - timeline: records the times of the loader's first thread.
    ///   - beforeBatch: called on the loader's first thread before it prepares a step's batch.
    /// - Throws: `ThreadError` if a thread cannot be started.
    public init(
        _ dataset: any Dataset, sampler: Sampler, shards: Range<Int>, of shardCount: Int,
        smallest: Int = 1, from step: Int, depth: Int, threads: Int = 1, timeline: StepTimeline? = nil,
        beforeBatch: (@Sendable (_ step: Int) -> Void)? = nil
    ) throws(ThreadError) {
        contract(
            shards.lowerBound >= 0 && !shards.isEmpty && shards.upperBound <= shardCount && step >= 0
                && depth >= 0 && threads >= 1,
            "Loader: shards \(shards) of \(shardCount), from step \(step), \(depth) steps ahead, \(threads) threads"
        )
        let count = dataset.count(of: .training)
        contract(
            sampler.count <= count,
            "Loader: a sampler of \(sampler.count) samples for a training set of \(count)")
        self.beforeBatch = beforeBatch
        self.timeline = timeline
        self.dataset = dataset
        self.sampler = sampler
        self.shards = shards
        self.shardCount = shardCount
        smallestShard = smallest
        firstStep = step
        nextStep = step
        // The maximum number of samples in this rank's shards of a step; no step has more than all samples.
        let rows =
            sampler.stepSizes.map { samples in
                Self.positions(ofShards: shards, of: shardCount, samples: samples, smallest: smallest).count
            }.max() ?? 0
        let schema = dataset.schema
        slots = (0..<depth + 1).map { _ in
            Slot(memory: BatchMemory(schema, rows: rows), shards: shards.map { _ in FieldTensors(schema) })
        }
        let bytes = max(1, rows * schema.sampleByteCount)
        stepsAhead =
            dataset.readAheadByteCount == 0
            ? 0 : max(1, min(Self.mostStepsAhead, dataset.readAheadByteCount / bytes, sampler.stepsPerEpoch))
        nextAhead = step + 1
        let sampleCount = sampler.count
        orders = (0..<(stepsAhead > 0 ? 2 : 1)).map { _ in .allocate(capacity: sampleCount) }
        orderedEpochs = ContiguousArray(repeating: -1, count: orders.count)
        work = Work(
            draws: SampleDraws(seed: sampler.seed, epoch: 0), order: orders[0], aheadOrder: orders[0])
        // Dispatch traps if a semaphore is destroyed below its initial value, so all semaphores start at 0.
        for _ in slots { empty.signal() }
        let crew = try WorkCrew("loader of data", count: threads) { [unowned self] in
            doPart($0, of: threads)
        }
        do throws(ThreadError) {
            try WorkerThread.start("loader of data") { [self] in run(crew) }
        } catch {
            crew.close()
            throw error
        }
    }

    deinit { for order in orders { order.deallocate() } }

    /// The next step's samples; waits until they are ready.
    public func next() -> StepBatch {
        contract(!isStopping.load(ordering: .relaxed), "Loader: next after close")
        contract(
            outstanding < slots.count,
            "Loader: next would wait forever, since all \(slots.count) batches are in use: release each batch after its step"
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

    /// Ends the threads and waits for them.
    public func close() {
        isStopping.store(true, ordering: .releasing)
        empty.signal()
        ended.wait()
    }

    func shard(_ shard: Int, of batch: StepBatch) -> FieldTensors {
        contract(shards.contains(shard), "StepBatch: shard \(shard) is not one of this rank's, \(shards)")
        return slots[batch.slot].shards[shard - shards.lowerBound]
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

    /// The loop of the first thread, until the loader is closed.
    private func run(_ crew: WorkCrew) {
        defer {
            crew.close()
            ended.signal()
        }
        var step = firstStep
        while true {
            empty.wait()
            if isStopping.load(ordering: .acquiring) { return }
            timeline?.beginStep(step)
            timeline?.begin(.load)
            beforeBatch?(step)
            let epoch = sampler.epoch(ofStep: step)
            work.order = order(ofEpoch: epoch)
            prepare(step, epoch: epoch, crew)
            step += 1
            timeline?.begin(.other)
            full.signal()
        }
    }

    /// The order of an epoch, drawn when it is first needed.
    private func order(ofEpoch epoch: Int) -> UnsafeMutableBufferPointer<Int32> {
        let place = epoch % orders.count
        if orderedEpochs[place] != epoch {
            sampler.fillOrder(ofEpoch: epoch, orders[place])
            orderedEpochs[place] = epoch
        }
        return orders[place]
    }

    /// Begins to read the samples of later steps: at most two more steps per call, up to `stepsAhead`, so that the first
    /// batches need not wait for all of them.
    private func readAhead(of step: Int, _ crew: WorkCrew) {
        work.isReadingAhead = true
        defer { work.isReadingAhead = false }
        nextAhead = max(nextAhead, step + 1)
        for _ in 0..<2 where nextAhead <= step + stepsAhead {
            let positions = sampler.positions(ofStep: nextAhead)
            let mine = rows(positions.count)
            work.ahead = positions.lowerBound + mine.lowerBound..<positions.lowerBound + mine.upperBound
            work.aheadOrder = order(ofEpoch: sampler.epoch(ofStep: nextAhead))
            crew.run()
            nextAhead += 1
        }
    }

    private func prepare(_ step: Int, epoch: Int, _ crew: WorkCrew) {
        let positions = sampler.positions(ofStep: step)
        work.slot = (step - firstStep) % slots.count
        work.samples = positions.count
        work.first = positions.lowerBound + rows(positions.count).lowerBound
        work.draws = SampleDraws(seed: sampler.seed, epoch: epoch)
        work.isFinishing = false
        if stepsAhead > 0 { readAhead(of: step, crew) }
        crew.run()
        work.isFinishing = true
        if slots[work.slot].memory.isVarying { crew.run() } else { doPart(0, of: 1) }
    }

    /// The rows of this rank in a step with a given number of samples, as positions in the step.
    private func rows(_ samples: Int) -> Range<Int> {
        Self.positions(ofShards: shards, of: shardCount, samples: samples, smallest: smallestShard)
    }

    /// The part of one thread in the common work.
    private func doPart(_ thread: Int, of threads: Int) {
        if work.isReadingAhead {
            let (first, count) = (work.ahead.lowerBound, work.ahead.count)
            for place in first + thread * count / threads..<first + (thread + 1) * count / threads {
                dataset.readAhead(Int(work.aheadOrder[place]), of: .training)
            }
            return
        }
        let slot = slots[work.slot]
        let mine = rows(work.samples)
        let count = work.isFinishing ? shards.count : mine.count
        for index in thread * count / threads..<(thread + 1) * count / threads {
            guard work.isFinishing else {
                slot.memory.write(
                    Int(work.order[work.first + index]), of: .training, from: dataset, row: index,
                    draws: work.draws)
                continue
            }
            let places = Sampler.positions(
                ofShard: shards.lowerBound + index, of: shardCount, samples: work.samples,
                smallest: smallestShard)
            slot.memory.finish(
                places.lowerBound - mine.lowerBound..<places.upperBound - mine.lowerBound,
                into: slot.shards[index])
        }
    }
}
