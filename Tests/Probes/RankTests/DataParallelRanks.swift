import Foundation
import LockstepAutograd
import LockstepCollectives
import LockstepDataParallel
import LockstepOptimizers
import LockstepTensors

extension RankTests {
    /// `data-parallel SHARDS allowed|refused [HOSTS [FORM+FORM...]]`: ten steps on a toy model. The first rank prints loss and norm of
    /// every step and the hash of the parameters in full precision: the text must be the same for any number of ranks.
    /// Forms: `sharded`, `sgd-K`; `large`: so many parameters that parts of their sums come during the next step, clipped by norm;
    /// `rounded`: bfloat16 between hosts; `lamb`, `lars`: these optimizers.
    static func dataParallel(_ arguments: [String]) throws {
        let (communicator, toy) = try ToyTraining.make(arguments)
        var text = ""
        for step in 0..<10 {
            let outcome = try toy.step()
            try require(outcome.isApplied, "a step was not applied")
            text += "\(outcome.loss.bitPattern) \(outcome.gradientNorm.bitPattern)\n"
            // Hosts that update on their own are equal only after an average.
            if step == 9 { try toy.dataParallel.synchronize(includingMoments: true) }
            guard toy.dataParallel.isSynchronized, !toy.isLarge || step % 4 == 3 else { continue }
            try toy.dataParallel.requireEqualParameters()
        }
        let everybody = try communicator.allGather(Array(text.utf8))
        let hasOwnNorms = arguments.count > 3 && arguments[3].contains("sgd-")
        try require(
            hasOwnNorms || everybody.allSatisfy { $0 == everybody[0] }, "ranks see different outcomes")
        if communicator.rank == 0 {
            let hash = "\(toy.dataParallel.parameterHash)\n"
            FileHandle.standardOutput.write(Data((text + hash).utf8))
        }
        try communicator.finalize()
    }

    /// `desync SHARDS refused [HOSTS [FORM]]`: one bit of the last rank's copy flips; all ranks must notice within two steps, and before
    /// a checkpoint after the first.
    static func desynchronized(_ arguments: [String]) throws {
        let (communicator, toy) = try ToyTraining.make(arguments)
        for _ in 0..<3 { _ = try toy.step() }
        let last = communicator.size - 1
        try toy.dataParallel.synchronize()
        if communicator.rank == last {
            let value = toy.store.parameters[0].value.floats
            value[7] = Float(bitPattern: value[7].bitPattern ^ 1)
        }
        do {
            _ = try toy.step()
            do {
                try toy.dataParallel.requireEqualParameters()
                throw RankTestFailure(message: "rank \(communicator.rank) would write a checkpoint")
            } catch DataParallelError.desynchronized {}
            _ = try toy.step()
        } catch DataParallelError.desynchronized(let step, let hosts) {
            try require(hosts == [last] && step <= 4, "step \(step), hosts \(hosts)")
            try communicator.finalize()
            return
        }
        throw RankTestFailure(message: "rank \(communicator.rank) did not notice a flipped bit")
    }

    /// `second SHARDS allowed|refused [HOSTS [FORM+FORM...]]`: two `DataParallel` on one communicator, whose steps take turns while
    /// messages of both are in transit, train like one alone; so does a third one after both are gone. Nor do sums of both meet where
    /// hosts begin them in opposite orders.
    static func second(_ arguments: [String]) throws {
        let (communicator, alone) = try ToyTraining.make(arguments)
        var expected: [StepOutcome] = []
        for _ in 0..<6 { expected.append(try alone.step()) }
        try alone.dataParallel.synchronize()
        let hash = alone.dataParallel.parameterHash
        func check(_ trainings: [ToyTraining], _ text: String) throws {
            for outcome in expected {
                for training in trainings {
                    try require(try training.step() == outcome, "\(text): another outcome")
                }
            }
            for training in trainings {
                try training.dataParallel.synchronize()
                try require(training.dataParallel.parameterHash == hash, "\(text): other parameters")
            }
        }
        do {
            let two = [
                try ToyTraining.make(arguments, communicator), try ToyTraining.make(arguments, communicator),
            ]
            try check(two, "two")
            // Small exchanges begin when all is there, and have nothing in transit that could meet.
            if two[0].isLarge { try requireOwnMessages(two.map(\.dataParallel.allreduce)) }
        }
        try check([ToyTraining.make(arguments, communicator)], "a third")
        withExtendedLifetime(alone) {}
        try communicator.finalize()
    }

    /// Exchanges that hosts begin in opposite orders do not take each other's messages.
    private static func requireOwnMessages(_ exchanges: [TreeAllreduce]) throws {
        let numbered = Array(exchanges.enumerated())
        for (number, allreduce) in exchanges[0].nodeNumber % 2 == 0 ? numbered : numbered.reversed() {
            for fold in allreduce.foldSteps {
                allreduce.buffer(for: fold).update(
                    repeating: Float(number + 1), count: allreduce.gradientCount + allreduce.statisticsCount)
                allreduce.fold(after: fold)
            }
            allreduce.publish(before: allreduce.gradientCount)
            // So long that messages of one are in transit before those of the next.
            usleep(50_000)
        }
        for (number, allreduce) in numbered {
            try allreduce.exchange()
            let expected = Float((number + 1) * allreduce.plan.shards)
            for index in allreduce.pieces.joined() where allreduce.sum[index] != expected {
                throw RankTestFailure(
                    message:
                        "exchange \(number): element \(index) is \(allreduce.sum[index]), not \(expected)")
            }
            try allreduce.deliver { _, _ in }
            try allreduce.waitForDelivery()
            allreduce.nodeBarrier()
        }
    }

    /// `non-finite SHARDS allowed|refused [HOSTS [FORM]]`: one shard's loss is infinite; no rank applies the step.
    static func nonFinite(_ arguments: [String]) throws {
        let (communicator, toy) = try ToyTraining.make(arguments)
        _ = try toy.step()
        try toy.dataParallel.synchronize()
        let before = toy.dataParallel.parameterHash
        let outcome = try toy.step(infiniteShard: toy.dataParallel.allreduce.plan.shards - 1)
        try toy.dataParallel.synchronize()
        try require(!outcome.isApplied && outcome.flags.contains(.nonFiniteLoss), "the step was applied")
        try require(toy.dataParallel.parameterHash == before, "parameters changed")
        try require(toy.dataParallel.step == 1, "the step was counted")
        try communicator.finalize()
    }

    /// `non-finite-parameter SHARDS allowed|refused [HOSTS [FORM]]`: an update finds a parameter that is NaN and has a finite
    /// gradient; no rank applies the next step, and all name the parameter.
    static func nonFiniteParameter(_ arguments: [String]) throws {
        let (communicator, toy) = try ToyTraining.make(arguments)
        _ = try toy.step()
        try toy.dataParallel.synchronize()
        if communicator.localRank == 0 { toy.store.parameters[0].value.floats[7] = .nan }
        try communicator.barrier()
        var outcome = try toy.step()
        try require(outcome.isApplied, "nobody could know")
        // Without a hash to compare, parameters are checked in turn.
        for _ in 0..<8 where outcome.isApplied { outcome = try toy.step() }
        try require(!outcome.isApplied && outcome.flags == [.nonFiniteParameters], "\(outcome)")
        try toy.dataParallel.synchronize()
        try require(
            toy.dataParallel.nonFiniteTensor == toy.store.parameters[0].name, "the parameter is not named")
        try communicator.finalize()
    }
}

/// Parameters whose gradients depend on themselves, the shard and the step.
struct ToyTraining {
    let store: ParameterStore
    let dataParallel: DataParallel
    let rank: Int
    let isLarge: Bool

    static func make(_ arguments: [String]) throws -> (Communicator, ToyTraining) {
        let communicator = try Communicator(hostGrouping: arguments.count > 2 ? Int(arguments[2]) : nil)
        return (communicator, try make(arguments, communicator))
    }

    static func make(_ arguments: [String], _ communicator: Communicator) throws -> ToyTraining {
        let store = ParameterStore()
        let forms = arguments.count > 3 ? arguments[3].split(separator: "+").map(String.init) : []
        let isLarge = forms.contains("large")
        // Six of 90,000 are three buckets, whose borders lie within parameters.
        let shapes: [(String, Shape)] =
            isLarge
            ? (0..<6).map { ("weight\($0)", [150, 600]) } : [("weight", [90, 100]), ("bias", [1500])]
        for (name, shape) in shapes {
            _ = store.root.parameter(name, shape: shape, role: .weight) { values, shape, key in
                for index in 0..<shape.elementCount { values[index] = key.uniform(UInt64(index)) - 0.5 }
            }
        }
        let policy = SharedMemoryPolicy(rawValue: arguments[1]) ?? .allowed
        let interval = forms.first { $0.hasPrefix("sgd-") }.flatMap { Int($0.dropFirst(4)) }
        let optimizer: any Optimizer =
            if forms.contains("lamb") {
                LAMB(LAMB.Configuration(learningRate: 0.1))
            } else if forms.contains("lars") {
                LARS(LARS.Configuration(learningRate: 10, weightDecay: 0.01))
            } else {
                SGD(SGD.Configuration(learningRate: 0.1, momentum: 0.9))
            }
        let factors = forms.contains("factors")
        let dataParallel = try DataParallel(
            communicator: communicator, store: store,
            phases: [
                UpdatePhase(
                    optimizer: optimizer, clipping: isLarge ? .norm(20) : .none,
                    learningRateFactor: { factors && $0.index % 2 == 1 ? 0.3 : 1 })
            ],
            configuration: DataParallel.Configuration(
                shards: Int(arguments[0]) ?? 4,
                allreduce: AllreduceSettings(
                    sharedMemory: policy, format: forms.contains("rounded") ? .bfloat16 : .float32),
                update: forms.contains("sharded")
                    ? .shardedOptimizer : interval.map { .localSGD(interval: $0) } ?? .replicated))
        try dataParallel.initialize(seed: 1)
        return ToyTraining(
            store: store, dataParallel: dataParallel, rank: communicator.rank, isLarge: isLarge)
    }

    func step(infiniteShard: Int? = nil) throws -> StepOutcome {
        try dataParallel.step(learningRate: 0.1) { task in
            // As with a tape: parameters are read one after the other, then gradients are written from the last one on. Ranks
            // are late in turn.
            var read: [[Float]] = []
            for parameter in store.parameters {
                try task.gate?.wait(for: parameter)
                read.append(
                    Array(UnsafeBufferPointer(start: parameter.value.floats, count: parameter.elementCount)))
                if isLarge, (rank + task.step) % 3 == 0 { usleep(500) }
            }
            try task.waitForParameters()
            for parameter in store.parameters.reversed() {
                let values = read[parameter.index]
                for index in 0..<parameter.elementCount {
                    let position = parameter.offset + index
                    let draw = Float((position * 31 + task.shard * 17 + task.step * 7) % 1009) / 1009
                    let value = values[index].isFinite ? values[index] : 0
                    task.gradients[position] = value * draw - 0.3 * draw
                }
                if isLarge, (rank + task.step) % 3 == 1 { usleep(500) }
                task.whenReady?(parameter)
            }
            let loss = task.shard == infiniteShard ? Double.infinity : Double(task.shard) * 0.7 + 0.1
            // Shards of different weight; shard 2 is empty.
            return ShardRecord(lossSum: loss, weight: task.shard == 2 ? 0 : Double(task.shard + 1))
        }
    }
}
