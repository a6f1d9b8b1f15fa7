import Foundation
import LockstepAutograd
import LockstepCheckpoints
import LockstepCollectives
import LockstepDataParallel
import LockstepDatasets
import LockstepExperiment
import LockstepOptimizers
import LockstepRunLog
import LockstepTasks
import LockstepTensors
import LockstepText
import LockstepTimeline
import LockstepTrackers

/// Trains a model: steps, evaluations, checkpoints, and the decision when to stop, identical on every rank.
///
/// Its stored properties are the parts of a run; `run` is the loop.
public final class Trainer {
    /// When a run stops before its configured end, and its observer.
    public struct Limits: Sendable {
        /// The number of the step after which to stop as if interrupted; nil for none.
        public var stopAfterStep: Int?
        /// The observer of the run, for measurements and comparisons.
        var observer = TrainerObserver()

        /// Makes limits; by default there are none.
        public init(stopAfterStep: Int? = nil) { self.stopAfterStep = stopAfterStep }

        /// Limits for a run that is observed step by step.
        package init(observer: TrainerObserver, stopAfterStep: Int? = nil) {
            self.observer = observer
            self.stopAfterStep = stopAfterStep
        }
    }

    let configuration: TrainingConfiguration
    let communicator: Communicator
    let data: TrainingData
    let dataParallel: DataParallel
    let steps: TrainingSteps
    let evaluator: Evaluator
    let log: RunLog
    let checkpoints: BackgroundCheckpoints
    /// The run directory with its lock; nil on all ranks except rank 0.
    private let directory: RunDirectory?
    let directoryPath: String
    let limits: Limits
    let stopRequest: StopRequest
    let identity: ExperimentIdentity
    let parameterCount: Int
    /// The name of the program, for manifests; nil for `lockstep`.
    let program: String?
    let heartbeat: Heartbeat?
    private var stragglers: StragglerWatch
    private let pool = StoragePool()
    private let logObserver: LogObserver
    let observers: [any TrainingObserver]
    let observed: ObservedRun
    /// The trackers in the order of the configuration; empty on all ranks but the first.
    let trackers: [any Tracker]
    /// Nil where no tracker asks for histograms.
    private let histograms: ParameterHistograms?

    var progress = TrainerProgress() {
        didSet { counts.samples = progress.samples }
    }
    private let counts: SampleCount
    let task: any LearningTask
    let plan: PhasePlan
    var lossTrend = LossTrend()
    /// The values that steps log besides the loss.
    private var extras: StepExtras
    /// The metric by which the best evaluation is chosen.
    var watched: WatchedMetric
    /// The best evaluation so far.
    var best: BestEvaluation?
    var earlyStopping: EarlyStopping?
    /// The step of the checkpoint from which this run continues; nil for none.
    var restoredStep: Int?
    /// The error of this rank in writing its log; all ranks learn of it in the next step.
    private(set) var logFailure: (any Error)?
    var validation: Evaluator.Result?
    private let begin = DispatchTime.now()
    /// The time spent in evaluations and checkpoints, and the number of samples in this run, for the throughput.
    private var pauseSeconds = 0.0
    private var samplesBefore = 0

    init(
        configuration: TrainingConfiguration, communicator: Communicator, data: TrainingData,
        task: any LearningTask, plan: PhasePlan, dataParallel: DataParallel, log: RunLog,
        directory: RunDirectory?,
        directoryPath: String,
        limits: Limits,
        stopRequest: StopRequest, identity: ExperimentIdentity, stragglers: StragglerWatch,
        program: String? = nil,
        observers: [any TrainingObserver] = [], timeline: StepTimeline? = nil
    ) throws {
        self.configuration = configuration
        self.communicator = communicator
        self.data = data
        self.dataParallel = dataParallel
        self.log = log
        self.directory = directory
        self.directoryPath = directoryPath
        self.limits = limits
        self.stopRequest = stopRequest
        self.identity = identity
        self.stragglers = stragglers
        self.program = program
        checkpoints = try BackgroundCheckpoints(
            dataParallel: dataParallel, store: directory?.checkpoints, heartbeat: timeline?.heartbeat,
            console: log.console)
        parameterCount = dataParallel.store.parameterElementCount
        self.task = task
        self.plan = plan
        extras = StepExtras(task.phases)
        let watched = WatchedMetric(configuration, loss: task.lossDescription)
        self.watched = watched
        steps = TrainingSteps(
            data: data, dataParallel: dataParallel,
            computation: ShardComputation(
                task: task, store: dataParallel.store, seed: configuration.seed,
                precision: configuration.precision, pool: pool, timeline: timeline),
            timeline: timeline)
        evaluator = Evaluator(
            communicator: communicator, task: task, blockSize: configuration.evaluationBlock,
            precision: configuration.precision, pool: pool,
            heartbeat: timeline?.heartbeat, beforeBlock: limits.observer.beforeEvaluationBlock)
        heartbeat = timeline?.heartbeat
        let stepsPerEpoch = data.stepsPerEpoch
        let counts = SampleCount()
        self.counts = counts
        let epoch = { ($0 - 1) / stepsPerEpoch + 1 }
        logObserver = LogObserver(log, epoch: epoch, samples: { counts.samples })
        // Trackers write one set of files per run, so only one rank has them.
        trackers = communicator.rank == 0 ? configuration.trackers.map { $0.make() } : []
        histograms = ParameterHistograms(configuration.trackers, phases: task.phases.count)
        self.observers =
            [logObserver]
            + trackers.map {
                TrackerObserver($0, isDue: log.isDue, epoch: epoch, samples: { counts.samples })
            } + observers
        observed = ObservedRun(
            rank: communicator.rank, ranks: communicator.size, directory: directoryPath,
            configuration: configuration, task: task, dataset: data.dataset, dataParallel: dataParallel,
            pool: pool, trackers: trackers)
        earlyStopping = configuration.earlyStopping.map { EarlyStopping($0, watched: watched) }
        progress.use(loss: task.lossDescription)
    }

    /// The number of steps of the whole run.
    public var totalSteps: Int { configuration.totalSteps(stepsPerEpoch: data.stepsPerEpoch) }

    /// Trains to the end or to a requested stop, evaluates, and writes the last checkpoint and the summary.
    /// - Throws: the error that ends the run early. For a loss that is not finite, all ranks stop in the same step.
    public func run() throws -> RunSummary {
        samplesBefore = progress.samples
        do {
            observed.repeatsEvaluation = progress.isEvaluationPending == true
            for observer in observers { note { try observer.begin(observed) } }
            return try train()
        } catch let error as TrainingError where error.isCommon {
            // The summary also records this end. An error in writing it must not hide why the run ended.
            do {
                _ = try finish(.nonFinite)
            } catch {
                if communicator.rank == 0 { log.console.warn("\(error)") }
            }
            throw error
        }
    }

    private func train() throws -> RunSummary {
        var stop = reasonToStop(flags: [])
        if progress.isEvaluationPending == true {
            stop = try pause(stop, evaluates: true, isCheckpointDue: false)
        }
        while stop == nil {
            let flags = try step()
            limits.observer.afterStep?(dataParallel.step, pool.allocatedByteCount)
            if flags.contains(.failed) { try endIfAnyRankFailed() }
            stop = try pauseIfDue(reasonToStop(flags: flags))
        }
        return try finish(stop ?? .epochs)
    }

    /// One step: from data to update.
    private func step() throws -> StepFlags {
        let number = dataParallel.step
        if plan.changes(atStep: number) { try reassign(ofStep: number) }
        let phase = plan.turns.phase(ofStep: number)
        let learningRate = plan.learningRate(step: number, totalSteps: totalSteps)
        let outcome = try steps.next(
            phase: phase, learningRate: learningRate, flags: pendingFlags,
            beforeShard: limits.observer.beforeShard)
        guard outcome.isApplied else {
            // If a parameter is the cause, the error names it.
            try requireFiniteState()
            throw TrainingError.nonFinite(
                step: number + 1, loss: outcome.loss, norm: outcome.gradientNorm,
                checkpoint: newestCheckpoint)
        }
        progress.add(samples: outcome.samples, lossSum: outcome.lossSum, weight: outcome.weight)
        lossTrend.add(outcome.loss)
        extras.add(outcome, phase: phase)
        if number == 0, outcome.gradientNorm == 0, communicator.rank == 0 {
            log.console.warn(
                "Warning: step 1: the gradients of all trained parameters are zero. "
                    + "Check that the loss depends on the outputs of the network."
            )
        }
        stragglers.add(dataParallel.rankTimes)
        let record = record(outcome, learningRate: learningRate)
        for observer in observers { note { try observer.step(record, observed) } }
        if let histograms, histograms.note(step: dataParallel.step, phase: phase) {
            try track(histograms, phase: phase)
        }
        if let straggler = stragglers.takeStraggler(), communicator.rank == 0 {
            log.console.warn(
                "Warning: step \(dataParallel.step): \(straggler.text); all other ranks wait for it.")
        }
        return outcome.flags
    }

    private func record(_ outcome: StepOutcome, learningRate: Double) -> StepRecord {
        let seconds = self.seconds
        return StepRecord(
            step: dataParallel.step, epoch: (dataParallel.step - 1) / data.stepsPerEpoch + 1,
            samples: progress.samples, loss: outcome.loss, extras: extras.values, learningRate: learningRate,
            gradientNorm: outcome.gradientNorm, samplesPerSecond: throughput(seconds),
            tokensPerSecond: throughput(seconds) * task.tokensPerSample,
            rankSeconds: log.isDue(dataParallel.step) ? stragglers.takeLogged() : nil, seconds: seconds,
            trainingSeconds: seconds - pauseSeconds)
    }

    /// The flags of this rank in the next step.
    var pendingFlags: StepFlags {
        var flags: StepFlags = []
        if stopRequest.signal != nil { flags.insert(.stopRequested) }
        if observed.isStopRequested { flags.insert(.stopByProgram) }
        if let limit = configuration.timeLimit, seconds > limit { flags.insert(.timeLimit) }
        if failure != nil { flags.insert(.failed) }
        return flags
    }

    /// Why this rank cannot continue, apart from its steps: its logs or the last checkpoint could not be written.
    private var failure: (any Error)? { logFailure ?? checkpoints.failure ?? log.console.logFailure }

    /// Runs a part of the log or of an observer; its first error ends the run on all ranks.
    func note(_ body: () throws -> Void) {
        do {
            try body()
        } catch {
            if logFailure == nil { logFailure = error }
        }
    }

    /// Ends all ranks in the same way if any of them cannot continue, after pending parameters and checkpoints are complete. Collective.
    private func endIfAnyRankFailed() throws {
        try dataParallel.synchronize()
        checkpoints.finish()
        try communicator.together {
            if let failure { throw failure }
        }
    }

    /// Why there is no further step; nil if there is one.
    func reasonToStop(flags: StepFlags) -> StopReason? {
        let step = dataParallel.step
        if step >= totalSteps {
            let byEpochs = configuration.stepsOfAllEpochs(stepsPerEpoch: data.stepsPerEpoch)
            return byEpochs <= totalSteps ? .epochs : .maxSteps
        }
        if earlyStopping?.isExhausted == true { return .earlyStopping }
        if flags.contains(.stopRequested) { return .signal }
        if flags.contains(.stopByProgram) { return .program }
        if flags.contains(.timeLimit) { return .timeLimit }
        if let last = limits.stopAfterStep, step >= last { return .stopAfterStep }
        return nil
    }

    /// Evaluates and writes a checkpoint if that is due after the last step. After the final step of the run an
    /// evaluation is always due.
    /// - Parameter stop: the reason to stop that is already known; nil for none.
    /// - Returns: the reason to stop, after the evaluation; nil for none.
    private func pauseIfDue(_ stop: StopReason?) throws -> StopReason? {
        let step = dataParallel.step
        let isEpochEnd = step % data.stepsPerEpoch == 0
        if isEpochEnd { progress.endEpoch() }
        let epoch = step / data.stepsPerEpoch
        func isDue(_ everySteps: Int?, _ everyEpochs: Int?) -> Bool {
            self.isDue(step, everySteps) || (isEpochEnd && self.isDue(epoch, everyEpochs))
        }
        let (evaluate, checkpoint) = (configuration.evaluate, configuration.checkpoint)
        let isEvaluationDue = step >= totalSteps || isDue(evaluate.everySteps, evaluate.everyEpochs)
        return try pause(
            stop, evaluates: data.validation.count > 0 && isEvaluationDue,
            isCheckpointDue: isDue(checkpoint.everySteps, checkpoint.everyEpochs))
    }

    private func isDue(_ count: Int, _ every: Int?) -> Bool {
        guard let every else { return false }
        return count > 0 && count % every == 0
    }

    /// Evaluates, and writes a checkpoint if one is due, if this is the best evaluation, or if the run stops.
    private func pause(_ stop: StopReason?, evaluates: Bool, isCheckpointDue: Bool) throws -> StopReason? {
        let started = seconds
        defer { pauseSeconds += seconds - started }
        validation = nil
        var stop = stop
        var isBest = false
        if evaluates {
            do {
                isBest = try validate()
                progress.isEvaluationPending = nil
            } catch let interruption as InterruptedEvaluation {
                // The checkpoint records the interrupted evaluation, and a resume repeats it first.
                progress.isEvaluationPending = true
                stop = try reason(of: interruption)
            }
        }
        if stop == nil, earlyStopping?.isExhausted == true { stop = .earlyStopping }
        if (isBest && configuration.keepsBest) || stop != nil || isCheckpointDue {
            try writeCheckpoint()
        }
        return stop
    }

    /// The reason to stop after an interrupted evaluation.
    private func reason(of interruption: InterruptedEvaluation) throws -> StopReason {
        if interruption.flags.contains(.failed) { try endIfAnyRankFailed() }
        let reason: StopReason =
            interruption.flags.contains(.stopRequested)
            ? .signal : interruption.flags.contains(.stopByProgram) ? .program : .timeLimit
        if communicator.rank == 0 {
            log.console.write(
                "The evaluation after step \(dataParallel.step) was interrupted: --resume repeats it.")
        }
        return reason
    }

    private func finish(_ stop: StopReason) throws -> RunSummary {
        let trainingSeconds = seconds - pauseSeconds
        try dataParallel.synchronize()
        dataParallel.refreshAverages()
        // A run that must stop soon does not spend its last minutes on evaluation.
        var reason = stop
        var test: Evaluator.Result?
        var finalStep: Int?
        if [.epochs, .maxSteps, .earlyStopping].contains(reason) {
            finalStep = try useBestParameters()
            do {
                test = try evaluateAtEnd()
            } catch let interruption as InterruptedEvaluation {
                reason = try self.reason(of: interruption)
            }
        }
        limits.observer.atEnd?(data.test)
        // A run ends when its last checkpoint is complete; if that fails, the run fails.
        try endIfAnyRankFailed()
        if reason == .signal {
            log.console.write("Stopping after step \(dataParallel.step): a checkpoint has been written.")
        }
        let rate = trainingSeconds > 0 ? Double(progress.samples - samplesBefore) / trainingSeconds : 0
        let summary = RunSummary(
            steps: dataParallel.step, epochs: Double(dataParallel.step) / Double(data.stepsPerEpoch),
            ranks: communicator.size, hosts: communicator.hostCount, shards: identity.shards,
            threads: configuration.threads, parameters: parameterCount, finalTrainLoss: progress.trainLoss,
            lossUnit: task.lossUnit,
            validation: validation?.values ?? [], test: test?.values ?? [], best: best,
            finalModelStep: finalStep,
            samplesName: data.samplesName, samplesPerSecond: rate,
            tokensPerSecond: rate * task.tokensPerSample,
            rankSeconds: stragglers.wholeSeconds(), straggler: stragglers.wholeStraggler(),
            exchange: ExchangeRecord(dataParallel.allreduce), seconds: seconds,
            stoppedBecause: reason, versions: Versions.all(communicator: communicator))
        // A run that was already complete when it was resumed keeps its summary, which has the times of its steps.
        let keepsSummary =
            restoredStep == dataParallel.step
            && directory.map { summary.isSameEnd(as: $0.summaryPath) } ?? false
        logObserver.keepsSummary = keepsSummary
        for observer in observers { note { try observer.end(summary, observed) } }
        try communicator.together { if let failure { throw failure } }
        return summary
    }

    /// The time since this trainer was created.
    private var seconds: Double {
        Double(DispatchTime.now().uptimeNanoseconds - begin.uptimeNanoseconds) * 1e-9
    }

    private func throughput(_ seconds: Double) -> Double {
        let time = seconds - pauseSeconds
        return time > 0 ? Double(progress.samples - samplesBefore) / time : 0
    }
}
