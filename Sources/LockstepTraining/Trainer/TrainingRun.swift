import Foundation
import LockstepAutograd
import LockstepCheckpoints
import LockstepCollectives
import LockstepConfiguration
import LockstepDataParallel
import LockstepDatasets
import LockstepExperiment
import LockstepFaults
import LockstepLayers
import LockstepModels
import LockstepOperations
import LockstepRunLog
import LockstepTensors
import LockstepTimeline

/// A training run from a run file to its summary, as `lockstep train` and custom programs run it.
public struct TrainingRun {
    /// The options of a run besides its configuration.
    public struct Options: Sendable {
        /// The run directory; nil for `runs/<recipe>-<time>`, or with `resume` for the newest run of the recipe.
        public var runDirectory: String?
        /// Whether to continue from the newest checkpoint.
        public var resume: Bool
        /// Where to stop early.
        public var limits: Trainer.Limits
        /// The job ends after this many seconds without progress; 0 for never, nil for the environment variable
        /// `LOCKSTEP_TIMEOUT`, or else 600.
        public var timeout: Double?
        /// The file to which a Chrome trace of ten steps on all ranks is written at the end; nil for none.
        public var trace: String?
        /// The name of a custom program, for the manifests of checkpoints; nil for `lockstep`.
        public var program: String?
        /// The output on the terminal.
        public var output: RunOutput
        /// The command line after the program, such as `train`, the run file and `--set`, for the command that continues the
        /// run; empty if unknown.
        public var arguments: [String]
        /// Tags to add to those of the run.
        public var tags: [String]

        /// Makes options; the defaults start a new run without limits.
        public init(
            runDirectory: String? = nil, resume: Bool = false, limits: Trainer.Limits = .init(),
            trace: String? = nil, timeout: Double? = nil, program: String? = nil, tags: [String] = [],
            output: RunOutput = .init(), arguments: [String] = []
        ) {
            self.output = output
            self.arguments = arguments
            self.tags = tags
            self.program = program
            self.timeout = timeout
            self.trace = trace
            self.runDirectory = runDirectory
            self.resume = resume
            self.limits = limits
        }
    }

    private let communicator: Communicator
    private let runFile: RunFile
    private let recipe: String
    private let options: Options
    private let model: ModelBuilder?
    private let observers: [any TrainingObserver]

    /// - Parameters:
    ///   - recipe: the name of the run file, with which the names of run directories begin.
    ///   - model: the model; nil for the one in the run file.
    ///   - observers: called on this rank, after the log.
    public init(
        communicator: Communicator, runFile: RunFile, recipe: String, options: Options,
        model: ModelBuilder? = nil, observers: [any TrainingObserver] = []
    ) {
        self.observers = observers
        self.communicator = communicator
        self.runFile = runFile
        self.recipe = recipe
        self.options = options
        self.model = model
    }

    /// Sets up the run, trains, and writes the results. Collective.
    public func run() throws -> RunSummary {
        do {
            return try runAsProgram()
        } catch let failure as RunFailure {
            throw failure.error
        }
    }

    /// The same, for a program that ends afterwards.
    /// - Throws: `RunFailure` for an error after the run began; all other errors were found before it began.
    package func runAsProgram() throws -> RunSummary {
        let stopRequest = try StopRequest(endsAtOnce: true)
        try communicator.together {
            guard communicator.rank == 0, let path = options.trace else { return }
            try requireWritable(path, option: "--trace")
        }
        // Refuse more ranks than shards before anything is created.
        _ = try communicator.together {
            try runFile.configuration.resolved(ranks: communicator.size, at: runFile.locations)
        }
        var directory: RunDirectory?
        let start = try communicator.onFirstRank {
            let opened = try openDirectory()
            directory = opened.directory
            return opened.start
        }
        let watch: RunWatch
        do {
            // A host that does not see rank 0's directory gets its own.
            try communicator.together {
                if communicator.rank > 0, communicator.localRank == 0 {
                    try RunDirectory.requireUsable(start.path)
                }
            }
            watch = try RunWatch(communicator: communicator, run: start.path, timeout: options.timeout)
        } catch {
            if ((error as? RunFailure)?.error ?? error) is AgreedFailure { leaveAsBefore(start, directory) }
            throw error
        }
        var hasBegun = false
        do {
            let summary = try run(
                from: start, in: directory, heartbeat: watch.heartbeat, stopRequest: stopRequest,
                hasBegun: &hasBegun)
            try watch.end(communicator)
            return summary
        } catch {
            let failure = watch.failure(of: error, hasBegun: hasBegun, communicator)
            if error is AgreedFailure, !hasBegun { leaveAsBefore(start, directory) }
            throw failure
        }
    }

    /// A refused run keeps the heartbeats and the report of an earlier run, and leaves no new directory. Collective.
    private func leaveAsBefore(_ start: Start, _ directory: RunDirectory?) {
        // All watchdogs have stopped, so none of them mistakes an earlier job's heartbeat for a dead rank.
        try? communicator.barrier()
        guard let directory else { return }
        HeartbeatFolder(run: start.path).restoreEarlier()
        directory.removeIfUnused()
    }

    private func run(
        from start: Start, in directory: RunDirectory?, heartbeat: Heartbeat, stopRequest: StopRequest,
        hasBegun: inout Bool
    ) throws -> RunSummary {
        let state = try StateSections(decoding: start.state, path: start.path + "/state.json")
        let watched = try communicator.together {
            try Trainer.watchedMetric(of: state, before: start.earlyStoppingBefore)
        }
        let setup = try TrainingSetup(
            communicator: communicator, runFile: runFile, model: model,
            earlier: start.checkpoint == nil ? nil : state.datasetConstants,
            step: start.checkpoint == nil ? 0 : try state.step(), watched: watched)
        let (configuration, data) = (setup.configuration, setup.data)
        defer { data.close() }
        let step = start.checkpoint == nil ? 0 : try state.step()
        try communicator.together {
            try StepChecks(
                configuration: configuration, data: data, shards: setup.shards, locations: runFile.locations,
                first: step
            ).validate()
        }
        let weights = try start.checkpoint == nil ? setup.initialWeights(runFile, communicator) : nil
        let identity = ExperimentIdentity(
            batch: configuration.batch, shards: setup.shards, threads: configuration.threads,
            precision: configuration.precision, seed: configuration.seed,
            evaluationBlock: configuration.evaluationBlock, data: setup.dataset.fingerprint)
        let log = try communicator.together {
            try RunLog(
                directory: start.path, rank: communicator.rank, style: options.output.style,
                everySteps: configuration.logEverySteps,
                lines: options.output.lines(everySteps: configuration.logEverySteps),
                watched: WatchedMetric(configuration, loss: "").metric,
                isVerbose: options.output.amount == .verbose, isColored: TerminalStyle.hasColors(),
                totalSteps: configuration.totalSteps(stepsPerEpoch: data.stepsPerEpoch),
                epochs: configuration.epochs, samplesName: data.samplesName, continuingAfter: step,
                heartbeat: heartbeat)
        }
        defer { log.close() }
        do {
            return try train(
                setup, from: start, weights: weights, in: directory, identity: identity, state: state,
                log: log,
                heartbeat: heartbeat, stopRequest: stopRequest, hasBegun: &hasBegun)
        } catch {
            log.note(error, communicator)
            throw error
        }
    }

    /// Trains with a log, which records all later errors.
    private func train(
        _ setup: TrainingSetup, from start: Start, weights: InitialWeights?, in directory: RunDirectory?,
        identity: ExperimentIdentity,
        state: StateSections, log: RunLog, heartbeat: Heartbeat, stopRequest: StopRequest,
        hasBegun: inout Bool
    ) throws -> RunSummary {
        let (configuration, data, dataParallel) = (setup.configuration, setup.data, setup.dataParallel)
        let step = start.checkpoint == nil ? 0 : try state.step()
        if communicator.rank == 0 {
            let heading = RunHeading(
                setup, directory: start.path, communicator: communicator,
                model: model == nil ? configuration.model.name : "a custom model")
            for line in heading.lines { log.console.write(line) }
            for warning in start.warnings { log.console.warn("Warning: \(warning)") }
            for warning in heading.warnings { log.console.warn("Warning: \(warning).") }
        }
        // Warnings about the data are given once, warnings about a host by each host.
        let warnings = communicator.rank == 0 ? setup.dataset.warnings : setup.dataset.hostWarnings
        for warning in warnings where communicator.localRank == 0 {
            log.console.warn("Warning: \(warning).")
        }
        if communicator.localRank == 0, !RunDirectory.isSeen(at: start.path) {
            log.console.warn(
                "Warning: \(communicator.hostName) does not see the run directory of rank 0's host and uses a local one: fault reports "
                    + "contain less about its ranks. Use a folder that all hosts mount.")
        }
        if let refusal = dataParallel.allreduce.refusal, communicator.rank == 0 {
            log.console.warn("\(refusal)")
        }
        try dataParallel.reserveSnapshot()
        if let refusal = dataParallel.snapshot?.refusal, communicator.rank == 0 {
            log.console.warn(
                "There is no shared memory for the copies from which checkpoints are written (\(refusal.reason)): rank 0 copies "
                    + "alone, and the other ranks wait longer. The results are the same.")
        }
        let last = min(
            configuration.totalSteps(stepsPerEpoch: data.stepsPerEpoch), options.limits.stopAfterStep ?? .max)
        let trace = options.trace.map { path in
            StepTrace(
                path: path, steps: StepTrace.steps(from: step, to: last), prefetch: configuration.prefetch,
                shards: dataParallel.shards.count, heartbeat: heartbeat)
        }
        data.loaderTimeline = trace?.loader
        data.beforeBatch = options.limits.observer.beforeBatch
        let hosts = try communicator.allGather(Array(communicator.hostName.utf8))
        let stragglers = StragglerWatch(
            shards: (0..<communicator.size).map { dataParallel.allreduce.plan.block(of: $0).count },
            hosts: hosts.map { String(decoding: $0, as: UTF8.self) })
        let trainer = try Trainer(
            configuration: configuration, communicator: communicator, data: data, task: setup.task,
            plan: setup.plan,
            dataParallel: dataParallel, log: log, directory: directory, directoryPath: start.path,
            limits: options.limits, stopRequest: stopRequest, identity: identity,
            stragglers: stragglers, program: options.program, observers: observers,
            timeline: trace?.computation ?? StepTimeline(heartbeat: heartbeat))
        if let path = start.checkpoint {
            let checkpoint = try communicator.together {
                communicator.rank == 0 ? try Checkpoint(verifying: path) : nil
            }
            try trainer.restore(
                checkpoint, state: state, earlyStoppingBefore: start.earlyStoppingBefore)
        } else {
            try dataParallel.initialize(seed: configuration.seed)
            if configuration.initialize != nil {
                try dataParallel.read(weights, at: runFile.locations, communicator)
                for line in weights?.report ?? [] { log.console.write(line) }
            }
            try communicator.together { try dataParallel.modelState.requireFinite(.beginning) }
            try data.start(at: 0)
        }
        // Not earlier, so that a refused resume does not change the run.
        try communicator.together {
            try log.begin(repeatsEvaluation: trainer.progress.isEvaluationPending == true)
            guard let directory else { return }
            let hasLinks = try putInOrder(
                directory, checkpoint: step, best: trainer.best?.step, isResumed: start.checkpoint != nil,
                log.console)
            if !hasLinks { trainer.checkpoints.expectNoLinks() }
            try record(
                configuration, of: directory, continuingAfter: step, stepsPerEpoch: data.stepsPerEpoch,
                log.console)
        }
        hasBegun = true
        stopRequest.beginDeferring()
        if communicator.rank == 0 {
            // Only now is it certain that the checkpoint fits the configuration.
            for message in start.messages { log.console.write(message) }
            HeartbeatFolder(run: start.path).forgetEarlier()
            if let note = trainer.completionNote { log.console.warn(note) }
        }
        let summary = try trainer.run()
        if communicator.rank == 0, let warning = trainer.lossWarning { log.console.warn(warning) }
        if communicator.rank == 0,
            let advice = RunAdvice(summary, run: start.path, setup.task, arguments: options.arguments)
        {
            log.console.write(advice.text)
        }
        if let warning = try trace?.write(communicator) { log.console.warn("Warning: \(warning).") }
        return summary
    }

    /// Finds unsupported operations of the checkpoints' file system, and removes leftovers of an earlier job.
    /// - Returns: whether the file system supports a link to the newest checkpoint.
    private func putInOrder(
        _ directory: RunDirectory, checkpoint step: Int, best: Int?, isResumed: Bool, _ console: Console
    ) throws -> Bool {
        let store = directory.checkpoints
        // First, since a killed probe also leaves files.
        store.removeRemains()
        let probe = try StorageProbe(store.directory)
        var problems = probe.lacks.map { "\(store.directory): \($0)" }
        problems += store.putInOrder(newest: isResumed ? step : nil, best: best).map(\.description)
        for problem in problems { console.warn("Warning: \(problem)") }
        directory.removeRemains()
        return probe.hasLinks
    }

    /// Writes config.yaml, and reports the differences from the previous one.
    private func record(
        _ configuration: TrainingConfiguration, of directory: RunDirectory, continuingAfter step: Int,
        stepsPerEpoch: Int, _ console: Console
    ) throws {
        let yaml = try configuration.yaml()
        if options.resume, FileManager.default.fileExists(atPath: directory.configurationPath) {
            if let written = try? ConfigurationNode.file(directory.configurationPath) {
                // Keys that are missing in the old file had their default values.
                let complete = try? RunFile(path: directory.configurationPath, registry: runFile.registry)
                    .configuration.yaml()
                let old = try complete.map { try ConfigurationNode.yaml($0, file: nil) } ?? written
                let changes = ConfigurationChanges.between(old, try ConfigurationNode.yaml(yaml, file: nil))
                if !changes.isEmpty {
                    console.warn("Changed settings: \(changes.joined(separator: "; ")).")
                }
                if let before = try? RunFile(path: directory.configurationPath, registry: runFile.registry)
                    .configuration,
                    let change = ScheduleChange(
                        from: before, to: configuration, step: step, stepsPerEpoch: stepsPerEpoch)
                {
                    console.warn(change.text)
                }
            } else {
                console.warn("\(directory.configurationPath) could not be read and is rewritten.")
            }
        }
        if let copy = try directory.keepAnnotatedConfiguration() {
            console.warn(
                "\(directory.configurationPath) had comments, which the new file does not have: the old file is kept as \(copy)."
            )
        }
        try replaceFile(directory.configurationPath, with: yaml)
        try RunTags.add(options.tags, to: directory.path)
    }

    /// Where a run begins, as broadcast by rank 0.
    private struct Start: Codable {
        var path: String
        /// The checkpoint's directory; nil for a run from the beginning.
        var checkpoint: String?
        var state: [UInt8]
        /// The previous configuration of early stopping, if it can be read.
        var earlyStoppingBefore: EarlyStoppingConfiguration?
        var messages: [String] = []
        /// Warnings about damaged checkpoints.
        var warnings: [String] = []
    }

    /// Opens the run directory on rank 0 and chooses the checkpoint to continue from.
    private func openDirectory() throws -> (directory: RunDirectory, start: Start) {
        var path = options.runDirectory ?? RunDirectory.fresh(recipe: recipe, in: "runs")
        if options.resume, options.runDirectory == nil {
            path = try RunDirectory.newest(recipe: recipe, in: "runs")
        }
        let directory = try RunDirectory(path)
        var start = Start(path: path, checkpoint: nil, state: StateSections().encoded())
        start.warnings = directory.warnings
        if options.resume {
            let found = directory.checkpoints.newestComplete()
            start.warnings += found.refused.map(\.description)
            if let checkpoint = found.checkpoint {
                start.checkpoint = checkpoint.directory
                start.state = try checkpoint.state().encoded()
                start.earlyStoppingBefore =
                    try? RunFile(path: directory.configurationPath, registry: runFile.registry)
                    .configuration.earlyStopping
                start.messages.append("Resuming \(path) after step \(checkpoint.step).")
            } else if found.refused.isEmpty {
                start.messages.append("\(path) has no checkpoint yet: starting from the beginning.")
            } else {
                throw CheckpointStore.noneUsable(in: path, found.refused)
            }
        } else if !directory.checkpoints.steps().isEmpty {
            throw CheckpointError.exists(path: path)
        }
        do {
            try HeartbeatFolder(run: path).prepare()
        } catch let error as HeartbeatError {
            throw RunLogError(error)
        }
        return (directory, start)
    }
}
