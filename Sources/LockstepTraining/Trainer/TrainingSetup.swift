import LockstepAutograd
import LockstepCheckpoints
import LockstepCollectives
import LockstepContracts
import LockstepDataParallel
import LockstepDatasets
import LockstepExperiment
import LockstepOperations
import LockstepOptimizers
import LockstepTasks
import LockstepTensors

/// The parts of a run before its first step: the data, the task with its networks, and the memory that ranks share.
package struct TrainingSetup {
    /// The configuration, including values that depend on the number of ranks.
    package let configuration: TrainingConfiguration
    /// The number of shards of a step.
    package let shards: Int
    package let dataset: any Dataset
    package let data: TrainingData
    package let task: any LearningTask
    package let dataParallel: DataParallel
    let plan: PhasePlan
    /// A lower bound for the memory of the run.
    package let memory: MemoryEstimate
    /// This rank's first shard if it trains alone, otherwise 0.
    package let firstShard: Int

    /// The number of moments that the optimizer of the first phase keeps per parameter.
    package var momentCount: Int { plan.updatePhases(ofStep: 0).first?.optimizer.momentCount ?? 0 }

    /// Collective.
    /// - Parameters:
    ///   - model: the model of a program; nil for the one in the run file.
    ///   - earlier: the constants of the training split in a run that is resumed; nil for a new run.
    ///   - step: the step that the run continues from; 0 for a new one.
    ///   - watched: the metric that a run watches if it is resumed without early stopping; nil for a new run.
    ///   - isAlone: whether every rank trains its shards alone, without communication.
    package init(
        communicator: Communicator, runFile: RunFile, model: ModelBuilder? = nil,
        earlier: DatasetConstants? = nil, step: Int = 0, watched: String? = nil,
        isAlone: Bool = false
    ) throws {
        let configuration = try communicator.together {
            try runFile.configuration.resolved(ranks: communicator.size, at: runFile.locations)
        }
        let shards = configuration.shards ?? communicator.size
        let watched =
            configuration.earlyStopping?.metric ?? watched ?? EarlyStoppingConfiguration().metric
        try communicator.requireThreads(configuration.threads)
        try communicator.together { try configuration.precision.requireProcessor() }
        // The first rank of a host decodes the data; the others then read them from the cache.
        let dataset = try communicator.together {
            try StateSections.using {
                try configuration.data.open(
                    DatasetRequest(
                        earlier: earlier, evaluationStride: configuration.evaluate.stride,
                        cache: DataCache(heartbeat: communicator.heartbeat)))
            }
        }
        let mine = ReductionPlan(shards: shards, ranks: communicator.size).block(of: communicator.rank)
        let data = try communicator.together {
            try TrainingData(dataset, configuration: configuration, shards: mine, of: shards)
        }
        let store = ParameterStore()
        var size = (activations: 0.0, outputs: 0)
        let task = try communicator.together {
            try TaskBuilder(configuration, model: model, requiresLossUse: true) { input, outputs in
                size = (configuration.model.activationCount(input: input, outputs: outputs), outputs)
                // The shapes of far too large layers cannot even be computed.
                try MemoryEstimate(
                    configuration, data: data, store: store, moments: 0, shards: shards,
                    hosts: communicator.hostCount, ranks: communicator.localSize,
                    activations: size.activations, outputs: outputs,
                    watched: watched
                ).requireFit(.limit())
            }.make(dataset.schema, store)
        }
        let plan = try communicator.together {
            let plan = try PhasePlan(task.phases, configuration, at: runFile.locations)
            try plan.requireParameters(of: store, at: runFile.locations)
            return plan
        }
        // A checkpoint has moments for the parameters that were trained in its last step.
        let phases = plan.updatePhases(ofStep: max(0, step - 1))
        let memory = MemoryEstimate(
            configuration, data: data, store: store, moments: phases.map(\.optimizer.momentCount).max() ?? 0,
            shards: shards, hosts: communicator.hostCount, ranks: communicator.localSize,
            activations: size.activations, outputs: size.outputs, watched: watched)
        try communicator.together { try memory.requireFit(.limit()) }
        // A rank alone updates only its slice, as in a run with the other ranks, which would update the rest.
        let share =
            configuration.allreduce.sharedMemory
            ? Communicator.Share(number: communicator.localRank, of: communicator.localSize)
            : .init(number: 0, of: 1)
        dataParallel = try DataParallel(
            communicator: isAlone ? .alone(share: share) : communicator, store: store, phases: phases,
            configuration: .init(
                shards: isAlone ? mine.count : shards,
                allreduce: configuration.allreduce.settings,
                precision: configuration.precision, update: configuration.updateMode,
                parameterAveraging: configuration.average.map { ParameterAveraging(decay: $0.decay) }))
        data.smallestShard = try communicator.together {
            try SmallestShard.size(
                task, store: store, data: data, shards: shards, precision: configuration.precision)
        }
        self.configuration = configuration
        self.memory = memory
        self.shards = shards
        self.dataset = dataset
        self.data = data
        self.task = task
        self.plan = plan
        firstShard = isAlone ? mine.lowerBound : 0
        // Networks of run files have already checked their shapes.
        guard model != nil else { return }
        try communicator.together {
            if communicator.rank == 0 { try tryTask() }
        }
    }

    /// Computes the loss of one sample of zeros, to find custom networks that do not fit the data before training.
    private func tryTask() throws {
        let tape = Tape(pool: StoragePool(), precision: configuration.precision)
        tape.begin(mode: .inference)
        let batch = Batch(FieldTensors(zeros: dataset.schema, count: 1), tape: tape)
        let inputs = dataset.schema.indices(.input).map { dataset.schema.fields[$0].shape }
        _ = try ContractFailure.blaming(
            "The model does not fit the data, whose samples "
                + (inputs.count == 1 ? "have the shape \(inputs[0])" : "are \(dataset.schema.description)"),
            status: ExitStatus.mistake.rawValue
        ) { try task.loss(batch, phase: 0) }
        if let failure = tape.failure { throw failure }
    }
}

extension TrainingConfiguration {
    /// How several hosts update the parameters.
    fileprivate var updateMode: UpdateMode {
        if let localSGD { return .localSGD(interval: localSGD.every) }
        return shardOptimizer ? .shardedOptimizer : .replicated
    }
}
