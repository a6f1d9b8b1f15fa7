import LockstepAutograd
import LockstepCollectives
import LockstepContracts
import LockstepDataParallel
import LockstepDatasets
import LockstepExperiment
import LockstepLayers
import LockstepModels
import LockstepOperations
import LockstepTasks
import LockstepTensors

/// What a run needs before its first step: the data, the model, and the memory that ranks share.
package struct TrainingSetup {
    /// The configuration with everything that depends on the number of ranks.
    package let configuration: TrainingConfiguration
    /// The number of parts of a step.
    package let shards: Int
    package let dataset: PreparedDataset
    package let data: TrainingData
    package let network: any Model
    package let dataParallel: DataParallel
    /// A lower bound for the memory of the run.
    package let memory: MemoryEstimate
    /// This rank's first shard where it trains alone, else 0.
    package let firstShard: Int

    /// Collective.
    /// - Parameters:
    ///   - model: the model; nil for the one that the run file names.
    ///   - narrowing: the conversion of numbers in a run that is resumed; nil for a new one.
    ///   - watched: the metric that a run watches which is resumed without early stopping; nil for a new run.
    ///   - isAlone: whether every rank trains its shards by itself, without communication.
    package init(
        communicator: Communicator, runFile: RunFile, model: ModelBuilder? = nil,
        narrowing: DataNarrowing? = nil, watched: String? = nil, isAlone: Bool = false
    ) throws {
        let configuration = try communicator.together {
            try runFile.configuration.resolved(ranks: communicator.size, at: runFile.locations)
        }
        let shards = configuration.shards ?? communicator.size
        let watched =
            configuration.earlyStopping?.metric ?? watched ?? EarlyStoppingConfiguration().metric
        try communicator.requireThreads(configuration.threads)
        try communicator.together { try configuration.precision.requireProcessor() }
        // The first rank of a host reads the data; the others then find them decoded.
        let dataset = try communicator.together {
            try PreparedDataset(
                configuration.data, narrowing: narrowing, cache: DataCache(heartbeat: communicator.heartbeat))
        }
        let mine = ReductionPlan(shards: shards, ranks: communicator.size).block(of: communicator.rank)
        let data = try communicator.together {
            try TrainingData(dataset, configuration: configuration, shards: mine, of: shards)
        }
        if model == nil {
            // The shapes of layers that are far too large cannot even be computed.
            try communicator.together {
                try configuration.model.validate(input: data.input)
                try MemoryEstimate(
                    configuration, data: data, store: ParameterStore(), moments: 0, shards: shards,
                    ranks: communicator.localSize, knowsModel: true, watched: watched
                ).requireFit(.limit())
            }
        }
        let store = ParameterStore()
        network = try communicator.together {
            if let model { return try model(store.root, data.input.sampleShape, data.task.outputs) }
            try configuration.model.validate(input: data.input)
            return configuration.model.make(store.root, input: data.input, outputs: data.task.outputs)
        }
        let optimizer = configuration.optimizer.make()
        let memory = MemoryEstimate(
            configuration, data: data, store: store, moments: optimizer.momentCount, shards: shards,
            ranks: communicator.localSize, knowsModel: model == nil, watched: watched)
        try communicator.together { try memory.requireFit(.limit()) }
        // Alone it updates what would be its slice: what the others would update costs it nothing with them either.
        let share =
            configuration.allreduce.sharedMemory
            ? Communicator.Share(number: communicator.localRank, of: communicator.localSize)
            : .init(number: 0, of: 1)
        dataParallel = try DataParallel(
            communicator: isAlone ? .alone(share: share) : communicator, store: store,
            phases: [
                UpdatePhase(
                    optimizer: optimizer, clipping: configuration.clip, l1: configuration.l1,
                    l2: configuration.l2)
            ],
            configuration: .init(
                shards: isAlone ? mine.count : shards,
                allreduce: AllreduceSettings(
                    sharedMemory: configuration.allreduce.sharedMemory ? .allowed : .refused,
                    algorithm: configuration.allreduce.algorithm, format: configuration.allreduce.format,
                    overlapsBackward: configuration.allreduce.overlap,
                    isScattered: configuration.shardOptimizer),
                precision: configuration.precision,
                averagingInterval: configuration.localSGD?.every))
        let network = network
        data.smallestShard = try communicator.together {
            try SmallestShard.size(
                network, store: store, data: data, shards: shards, precision: configuration.precision)
        }
        self.configuration = configuration
        self.memory = memory
        self.shards = shards
        self.dataset = dataset
        self.data = data
        firstShard = isAlone ? mine.lowerBound : 0
        // The networks of run files have checked their shapes already.
        guard model != nil else { return }
        try communicator.together {
            if communicator.rank == 0 { try tryNetwork() }
        }
    }

    /// Sends one sample of zeros through a custom network: if it does not fit the data, that is found before training.
    private func tryNetwork() throws {
        let input = data.input
        let tape = Tape(pool: StoragePool(), precision: configuration.precision)
        tape.begin(mode: .inference)
        let dtype: DType = if case .tokens = input { .int32 } else { .float32 }
        let x = tape.constant(Tensor(zeros: input.sampleShape.prepending(1), dtype: dtype))
        let outputs = LastWords.blaming(
            "The model does not fit the data, whose samples have the shape \(input.sampleShape)",
            status: ExitStatus.mistake.rawValue
        ) { network.outputs(x) }
        if let failure = tape.failure { throw failure }
        let count = data.task.outputs
        let expected =
            if case .tokens(_, let context) = input { Shape(1, context, count) } else { Shape(1, count) }
        // Dimensions of extent 1 are ignored.
        guard outputs.shape.elementCount == expected.elementCount else {
            throw TrainingError.model(
                "The model gives \(outputs.shape) for one sample of the shape \(input.sampleShape), and the data need \(expected): its "
                    + "number of outputs is wrong.")
        }
    }
}
