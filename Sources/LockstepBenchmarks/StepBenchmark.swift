import LockstepCollectives
import LockstepDataParallel
import LockstepExperiment
import LockstepOperations
import LockstepRunLog
import LockstepTasks
import LockstepTensors
import LockstepTimeline
import LockstepTraining

/// Measures the training steps of a run file: their time, and where it goes.
///
/// The steps are those of `lockstep train`: the same loader, shards, reduction, exchange and update. There is
/// no run directory, no log, no evaluation and no checkpoint.
public struct StepBenchmark {
    /// The options of the measurement.
    public struct Options: Sendable {
        /// The number of steps of a repetition.
        public var steps: Int
        /// The number of steps before the first repetition.
        public var warmup: Int
        /// The number of repetitions.
        public var repetitions: Int
        /// Whether ranks communicate; without, every rank trains its shards alone, which shows the machine's
        /// ceiling.
        public var communicates: Bool

        /// The file for a Chrome trace of ten steps after the warm-up; nil for none.
        public var trace: String?
        /// The file for `StepReport.write`: checked before the measurement.
        public var json: String?
        /// Whether to measure every operation of rank 0 against its floor.
        public var roofline: Bool

        public init(
            steps: Int = 20, warmup: Int = 10, repetitions: Int = 5, communicates: Bool = true,
            trace: String? = nil, json: String? = nil, roofline: Bool = false
        ) {
            self.roofline = roofline
            self.trace = trace
            self.json = json
            self.steps = steps
            self.warmup = warmup
            self.repetitions = repetitions
            self.communicates = communicates
        }
    }

    /// Controls the repetitions from outside, through lines of JSON; called on rank 0 only.
    public struct Driver {
        /// Receives a line.
        public var send: (String) throws -> Void
        /// Waits until the next repetition may begin; false ends the measurement.
        public var mayContinue: () throws -> Bool

        public init(send: @escaping (String) throws -> Void, mayContinue: @escaping () throws -> Bool) {
            self.send = send
            self.mayContinue = mayContinue
        }
    }

    private let communicator: Communicator
    private let setup: TrainingSetup
    private let steps: TrainingSteps
    private let timeline: StepTimeline
    private let trace: StepTrace?
    private let barrier: SleepingBarrier
    private let options: Options

    /// Prepares data, model and shared memory. Collective.
    public init(communicator: Communicator, runFile: RunFile, options: Options) throws {
        self.communicator = communicator
        self.options = options
        try communicator.together {
            guard communicator.rank == 0 else { return }
            if let path = options.trace { try requireWritable(path, option: "--trace") }
            if let path = options.json { try requireWritable(path, option: "--json") }
        }
        let isAlone = !options.communicates
        setup = try TrainingSetup(communicator: communicator, runFile: runFile, isAlone: isAlone)
        let (configuration, data) = (setup.configuration, setup.data)
        let traced = options.warmup..<options.warmup + StepTrace.stepCount
        let shards = setup.dataParallel.shards.count
        let trace = options.trace.map { path in
            StepTrace(
                path: path, steps: traced, prefetch: configuration.prefetch, shards: shards)
        }
        self.trace = trace
        timeline = trace?.computation ?? StepTimeline()
        data.loaderTimeline = trace?.loader
        steps = TrainingSteps(setup, timeline: timeline)
        barrier = try SleepingBarrier(communicator: communicator)
    }

    /// Warms up and measures. Collective.
    /// - Parameter driver: given on all ranks or none; called on rank 0.
    /// - Throws: `TrainingError.nonFinite`, and what steps throw.
    public func run(driver: Driver? = nil) throws -> StepReport {
        defer { setup.data.close() }
        try setup.dataParallel.initialize(seed: setup.configuration.seed)
        try setup.data.start(at: 0)
        for _ in 0..<options.warmup { _ = try step() }
        var report = StepReport(setup, ranks: communicator.size, options: options)
        if let trace {
            for _ in 0..<StepTrace.stepCount { _ = try step() }
            report.warning = try trace.write(communicator)
        }
        if communicator.rank == 0 { try driver?.send(report.readyLine) }
        for number in 0..<options.repetitions {
            if let driver, try !agreeToContinue(driver) { break }
            let repetition = try measure(number)
            report.repetitions.append(repetition)
            if communicator.rank == 0 { try driver?.send(repetition.json.line) }
        }
        let parts = options.roofline ? try measureParts() : nil
        // Last, since its matrices would count as memory of the steps; not while a driver measures something
        // else.
        if driver == nil || options.json != nil { try measurePeaks(&report) }
        if let parts, let peak = report.peaks.last?.value {
            let bandwidth = try CacheBandwidth.measure(clock: { StepTimeline.now }, align: barrier.wait)
            report.roofline = Roofline(
                parts.operations, phases: parts.phases, steps: options.steps,
                peak: peak / Double(communicator.size), bandwidth: bandwidth)
        }
        return report
    }

    /// Measures the parts of further steps. Collective.
    private func measureParts() throws -> StepParts {
        let times = OperationTimes(timeline: timeline)
        try barrier.wait()
        timeline.reset()
        steps.recorder = times
        defer { steps.recorder = nil }
        for _ in 0..<options.steps {
            times.beginStep()
            _ = try step()
        }
        try setup.dataParallel.synchronize()
        return StepParts(times, timeline: timeline, setup: setup, communicator, steps: options.steps)
    }

    /// Measures the speed of large matrix products on all ranks at once.
    private func measurePeaks(_ report: inout StepReport) throws {
        let types: [(String, DType)] =
            setup.configuration.precision == .bfloat16
            ? [("float32", .float32), ("bf16", .bfloat16)] : [("float32", .float32)]
        for (name, type) in types {
            let mine = try OperationMeter.peak(type, clock: { StepTimeline.now }, align: barrier.wait)
            let all: [Double] = try communicator.allGather(mine)
            report.peaks.append((name, all.reduce(0, +) * 1e-9))
        }
    }

    /// Waits for the driver. The other ranks sleep meanwhile.
    private func agreeToContinue(_ driver: Driver) throws -> Bool {
        let answer: UInt8 = communicator.rank == 0 ? (try driver.mayContinue() ? 1 : 0) : 0
        try barrier.wait()
        return try communicator.broadcast([answer]).first == 1
    }

    private func measure(_ number: Int) throws -> StepRepetition {
        try barrier.wait()
        let start = StepTimeline.now
        timeline.reset()
        let operations = OperationMeter.executed
        var samples = 0
        for _ in 0..<options.steps { samples += try step().samples }
        // The last step ends when its update is complete.
        try setup.dataParallel.synchronize()
        let mine = StepMeasurement(
            seconds: Double(StepTimeline.now - start) * 1e-9, samples: samples,
            peakMemory: ProcessMemory.peakByteCount, operations: OperationMeter.executed - operations,
            timeline: timeline)
        let all: [StepMeasurement] = try communicator.allGather(mine)
        return StepRepetition(
            number: number, steps: options.steps, ranks: all, isAlone: !options.communicates)
    }

    private func step() throws -> StepOutcome {
        let configuration = setup.configuration
        let number = setup.dataParallel.step
        let total = configuration.totalSteps(stepsPerEpoch: setup.data.stepsPerEpoch)
        let learningRate = configuration.schedule.learningRate(
            step: min(number, total - 1), totalSteps: total, base: configuration.optimizer.learningRate)
        let outcome = try steps.next(learningRate: learningRate)
        guard outcome.isApplied else {
            throw TrainingError.nonFinite(
                step: number + 1, loss: outcome.loss, norm: outcome.gradientNorm, checkpoint: nil)
        }
        return outcome
    }
}
