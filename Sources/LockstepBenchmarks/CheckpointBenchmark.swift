import Foundation
import LockstepCheckpoints
import LockstepCollectives
import LockstepDataParallel
import LockstepExperiment
import LockstepRunLog
import LockstepTasks
import LockstepTimeline
import LockstepTraining

/// Measures the cost of checkpoints while training continues: the stop for the copy, and slower steps during
/// the write.
///
/// Trains a multilayer perceptron of the requested size with Adam on synthetic data. For comparison it
/// measures how long all ranks take to copy as many bytes as their slices have between two private buffers.
public struct CheckpointBenchmark {
    /// The options of the measurement.
    public struct Options: Sendable {
        /// The approximate number of parameters.
        public var parameters: Int
        /// The number of checkpoints.
        public var repetitions: Int
        /// The number of steps before each checkpoint: the undisturbed steps.
        public var steps: Int
        /// A directory for the checkpoints; created, and removed at the end.
        public var directory: String

        public init(
            parameters: Int = 100_000_000, repetitions: Int = 5, steps: Int = 5, directory: String
        ) {
            self.parameters = parameters
            self.repetitions = repetitions
            self.steps = steps
            self.directory = directory
        }
    }

    private let communicator: Communicator
    private let options: Options
    /// The directory, on rank 0.
    private let directory: BenchmarkDirectory?
    private let setup: TrainingSetup
    private let steps: TrainingSteps
    private let checkpoints: BackgroundCheckpoints
    private let yardstick: CopyYardstick
    private let barrier: SleepingBarrier

    /// The flag by which rank 0 reports that the checkpoint is complete.
    private static let isComplete = StepFlags(rawValue: 1 << 32)

    /// Builds the model and allocates all memory. Collective.
    public init(communicator: Communicator, options: Options) throws {
        self.communicator = communicator
        self.options = options
        directory = try communicator.together {
            communicator.rank == 0 ? try BenchmarkDirectory(options.directory) : nil
        }
        setup = try TrainingSetup(
            communicator: communicator,
            runFile: try RunFile(yaml: CheckpointBenchmark.runFile(options.parameters, communicator.size)))
        try setup.dataParallel.initialize(seed: setup.configuration.seed)
        try setup.dataParallel.reserveSnapshot()
        steps = TrainingSteps(setup)
        checkpoints = try BackgroundCheckpoints(
            dataParallel: setup.dataParallel,
            store: communicator.rank == 0 ? CheckpointStore(options.directory) : nil)
        yardstick = CopyYardstick(byteCount: setup.dataParallel.copiedByteCount)
        barrier = try SleepingBarrier(communicator: communicator)
    }

    private static let inputs = 64
    private static let classes = 10

    /// The width of two hidden layers that gives about this number of parameters.
    static func width(parameters: Int) -> Int {
        // width^2 + (inputs + classes + 2) width + classes
        let linear = Double(inputs + classes + 2)
        let root = (linear * linear + 4 * Double(max(0, parameters - classes))).squareRoot()
        return max(1, Int(((root - linear) / 2).rounded()))
    }

    private static func runFile(_ parameters: Int, _ ranks: Int) -> String {
        let width = width(parameters: parameters)
        return """
            model: {mlp: {hidden: [\(width), \(width)]}}
            data: {synthetic: {samples: \(1024 * ranks), shape: [\(inputs)], classes: \(classes)}}
            batch: \(32 * ranks)
            shards: \(ranks)
            threads: 1
            epochs: 1000000
            optimizer: {adam: {learning_rate: 0.0001}}
            seed: 1
            """
    }

    /// Measures. Collective.
    public func run() throws -> CheckpointTimes {
        defer {
            setup.data.close()
            directory?.remove()
        }
        try setup.data.start(at: 0)
        var report = CheckpointTimes(
            ranks: communicator.size, hosts: communicator.hostCount,
            parameters: setup.dataParallel.store.parameterElementCount)
        report.refusal = setup.dataParallel.snapshot?.refusal?.reason
        for repetition in -1..<options.repetitions {
            let measured = try measure()
            // The first is warm-up.
            if repetition >= 0 { report.repetitions.append(measured) }
        }
        return report
    }

    private func measure() throws -> CheckpointTimes.Repetition {
        let copy = try slowest { yardstick.copy() }
        let alone = try (0..<options.steps).map { _ in try step().seconds }
        let stop = try slowest {
            let number = setup.dataParallel.step
            try checkpoints.write { model, optimizer in
                var state = StateSections()
                try state.set("step", [number])
                var job = CheckpointJob(
                    step: number, model: model, optimizer: optimizer, state: state, versions: [:],
                    memory: setup.dataParallel.snapshot)
                job.keep = 1
                return job
            }
        }
        var beside: [Double] = []
        while true {
            let isOver = communicator.rank == 0 && !checkpoints.isBusy
            let made = try step(flags: isOver ? CheckpointBenchmark.isComplete : [])
            if made.flags.contains(CheckpointBenchmark.isComplete) { break }
            beside.append(made.seconds)
        }
        // Parameters of the last step may still be in transit.
        try setup.dataParallel.synchronize()
        checkpoints.finish()
        try communicator.together {
            if let failure = checkpoints.failure { throw failure }
        }
        let completed = checkpoints.completed
        return CheckpointTimes.Repetition(
            copy: copy, stop: stop, alone: alone, beside: beside,
            write: completed?.seconds ?? 0, processor: completed?.processorSeconds ?? 0,
            byteCount: completed?.byteCount ?? 0)
    }

    /// The time from a common start to the end of the slowest rank, in seconds. Collective.
    private func slowest(_ work: () throws -> Void) throws -> Double {
        try barrier.wait()
        setup.dataParallel.allreduce.nodeBarrier()
        let begin = StepTimeline.now
        try work()
        let mine = Double(StepTimeline.now - begin) * 1e-9
        let all: [Double] = try communicator.allGather(mine)
        return all.max() ?? mine
    }

    private func step(flags: StepFlags = []) throws -> (seconds: Double, flags: StepFlags) {
        let begin = StepTimeline.now
        let outcome = try steps.next(
            learningRate: setup.configuration.optimizer.learningRate, flags: flags)
        guard outcome.isApplied else {
            throw TrainingError.nonFinite(
                step: setup.dataParallel.step + 1, loss: outcome.loss, norm: outcome.gradientNorm,
                checkpoint: nil)
        }
        return (Double(StepTimeline.now - begin) * 1e-9, outcome.flags)
    }
}

/// A new directory, removed with its contents by `remove` or when this object is released.
private final class BenchmarkDirectory {
    private let path: String

    init(_ path: String) throws {
        try HomePath.require(path, option: "--directory")
        guard mkdir(path, 0o755) == 0 else {
            throw RunLogError(path, "cannot be made", option: "--directory")
        }
        self.path = path
    }

    deinit { remove() }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}

/// Copies between two private buffers whose pages have all been touched.
private final class CopyYardstick {
    private let source: UnsafeMutableRawPointer
    private let destination: UnsafeMutableRawPointer
    private let byteCount: Int

    init(byteCount: Int) {
        self.byteCount = byteCount
        source = .allocate(byteCount: max(64, byteCount), alignment: 4096)
        destination = .allocate(byteCount: max(64, byteCount), alignment: 4096)
        source.initializeMemory(as: UInt8.self, repeating: 1, count: byteCount)
        destination.initializeMemory(as: UInt8.self, repeating: 2, count: byteCount)
    }

    deinit {
        source.deallocate()
        destination.deallocate()
    }

    func copy() { destination.copyMemory(from: source, byteCount: byteCount) }
}
