import Foundation
import Lockstep

/// What this loop does that the trainer does not: it halves the learning rate when the training loss stops falling.
///
/// A part of the checkpoint: everything here follows from step outcomes, which are the same on all ranks.
struct Plateau: Codable {
    var learningRate = 0.05
    /// The smallest mean loss of a window of steps; nil before the first. (JSON has no infinity.)
    private var best: Double?
    private var sum = 0.0, count = 0

    mutating func add(_ loss: Double, every steps: Int) {
        (sum, count) = (sum + loss, count + 1)
        guard count == steps else { return }
        let mean = sum / Double(count)
        if let best, mean > 0.98 * best { learningRate /= 2 }
        (best, sum, count) = (min(best ?? mean, mean), 0, 0)
    }
}

/// The loop: its properties are what a run is made of.
final class CustomLoop {
    /// These belong to the experiment: a resume with others would give other bits.
    private static let (seed, batch, shards) = (UInt64(1), 96, 6)

    private let communicator: Communicator
    private let options: Options
    private let dataset: any Dataset
    private let sampler: Sampler
    private let model: (hidden: Linear, output: Linear)
    private let dataParallel: DataParallel
    private let tape = Tape(pool: StoragePool())
    private var plateau = Plateau()

    init(_ communicator: Communicator, _ options: Options) throws {
        self.communicator = communicator
        self.options = options
        dataset = try communicator.together {
            try DataConfiguration.synthetic(.init(samples: 9600, shape: [32], classes: 10)).open()
        }
        sampler = Sampler(count: dataset.count(of: .training), batch: Self.batch, seed: Self.seed)
        let store = ParameterStore()
        model = (
            Linear(store.root["hidden"], inputs: 32, outputs: 64, activation: .relu),
            Linear(store.root["output"], inputs: 64, outputs: 10)
        )
        let optimizer = SGD(.init(momentum: 0.9))
        dataParallel = try DataParallel(
            communicator: communicator, store: store, phases: [UpdatePhase(optimizer: optimizer)],
            configuration: .init(shards: Self.shards))
    }

    /// Where a run begins: what rank 0 finds, and all ranks need.
    private struct Start: Codable {
        var checkpoint: String?
        var state: [UInt8] = StateSections().encoded()
    }

    func run() throws {
        var directory: RunDirectory?  // On rank 0: holds the lock as long as it lives.
        let start = try communicator.onFirstRank {
            let opened = try RunDirectory(options.directory)
            directory = opened
            return try find(opened.checkpoints)
        }
        try RunWatch.watching(communicator, directory: options.directory) {
            try train(from: start, checkpoints: directory?.checkpoints)
        }
    }

    /// The newest complete checkpoint. A damaged one is passed over; if all are damaged, the run does not begin anew.
    private func find(_ checkpoints: CheckpointStore) throws -> Start {
        let found = checkpoints.newestComplete()
        if let checkpoint = found.checkpoint, options.resumes {
            return Start(checkpoint: checkpoint.directory, state: try checkpoint.state().encoded())
        }
        guard options.resumes || checkpoints.steps().isEmpty else {
            throw CheckpointError.exists(path: options.directory)
        }
        guard found.refused.isEmpty else {
            throw CheckpointStore.noneUsable(in: options.directory, found.refused)
        }
        return Start()
    }

    private func restore(_ start: Start) throws {
        guard let path = start.checkpoint else { return try dataParallel.initialize(seed: Self.seed) }
        let state = try StateSections(decoding: start.state, path: path + "/state.json")
        let step = try communicator.together {
            plateau = try state.get("plateau", as: Plateau.self)
            guard try state.get("data", as: [String].self) == [dataset.fingerprint] else {
                throw CheckpointError.state(section: "data", reason: "the run was trained with other data")
            }
            if communicator.rank == 0 {
                let checkpoint = try Checkpoint(verifying: path)
                try SafetensorsFile(checkpoint.modelPath).read(
                    into: dataParallel.modelState.map(\.destination))
                dataParallel.prepareState(residuals: 0)
                try SafetensorsFile(checkpoint.optimizerPath)
                    .read(into: dataParallel.optimizerState.map(\.destination))
            }
            return try state.step()
        }
        try dataParallel.shareState(updates: [step])
    }

    private func train(from start: Start, checkpoints: CheckpointStore?) throws {
        let stopRequest = try StopRequest()
        try restore(start)
        let first = dataParallel.step
        let log = try communicator.together {
            let log = try RunLog(
                directory: options.directory, rank: communicator.rank, style: .detect(), everySteps: 10,
                totalSteps: options.steps, epochs: nil, continuingAfter: first)
            try log.begin()
            _ = checkpoints?.putInOrder(newest: start.checkpoint == nil ? nil : first)
            return log
        }
        let writer = try communicator.together { try checkpoints.map { try CheckpointWriter($0) } }
        let loader = try communicator.together {
            try Loader(
                dataset, sampler: sampler, shards: dataParallel.shards, of: Self.shards, from: first, depth: 2
            )
        }
        defer {
            loader.close()
            writer?.close()
            log.close()
        }
        let begin = Date()
        var isStopping = false
        while dataParallel.step < options.steps, !isStopping {
            let batch = loader.next()
            // Flags reach all ranks in the same step: a signal or a full disk on one rank ends all of them together.
            var flags: StepFlags = stopRequest.signal == nil ? [] : .stopRequested
            if writer?.failure != nil { flags.insert(.failed) }
            let outcome = try dataParallel.step(learningRate: plateau.learningRate, flags: flags) { shard in
                try loss(shard, batch.shard(shard.shard))
            }
            loader.release(batch)
            let step = dataParallel.step
            guard outcome.isApplied else {
                throw TrainingError.nonFinite(
                    step: step + 1, loss: outcome.loss, norm: outcome.gradientNorm, checkpoint: nil)
            }
            let seconds = Date().timeIntervalSince(begin)
            try log.step(
                StepRecord(
                    step: step, epoch: sampler.epoch(ofStep: step - 1) + 1, samples: step * Self.batch,
                    loss: outcome.loss, learningRate: plateau.learningRate,
                    gradientNorm: outcome.gradientNorm,
                    samplesPerSecond: Double((step - first) * Self.batch) / seconds, seconds: seconds))
            plateau.add(outcome.loss, every: 50)
            if outcome.flags.contains(.failed) { break }
            isStopping = outcome.flags.contains(.stopRequested)
            if step % 50 == 0 || isStopping || step == options.steps { try save(writer, log) }
        }
        try dataParallel.synchronize()
        writer?.wait()
        try communicator.together { if let failure = writer?.failure { throw failure } }
    }

    /// Forward and backward of one shard.
    private func loss(_ shard: ShardTask, _ samples: FieldTensors) throws -> ShardRecord {
        guard samples.count > 0 else { return try shard.empty() }
        shard.begin(tape, seed: Self.seed)
        defer { tape.clear() }
        let loss = crossEntropy(model.output(model.hidden(tape.constant(samples[0]))), labels: samples[1])
        tape.backward(from: loss.sum, store: dataParallel.store, whenReady: shard.whenReady)
        if let failure = tape.failure { throw failure }
        return ShardRecord(lossSum: loss.sumValue, weight: loss.weight, samples: UInt64(samples.count))
    }

    /// Copies the state, which all ranks do together; rank 0 writes the copy while training goes on.
    private func save(_ writer: CheckpointWriter?, _ log: RunLog) throws {
        writer?.wait()
        try dataParallel.collectState()
        try dataParallel.requireEqualParameters()
        guard let writer, writer.failure == nil else { return }
        var state = StateSections()
        try state.set("step", [dataParallel.step])
        try state.set("plateau", plateau)
        try state.set("data", [dataset.fingerprint])
        let copy = dataParallel.copiedState
        var job = CheckpointJob(
            step: dataParallel.step, model: copy.model.map(\.source), optimizer: copy.optimizer.map(\.source),
            state: state, versions: ["lockstep": Versions.lockstep], memory: dataParallel.snapshot)
        job.keep = 3
        writer.submit(job)
    }
}
