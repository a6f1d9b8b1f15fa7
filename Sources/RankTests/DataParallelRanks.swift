import Foundation
import LockstepAutograd
import LockstepCollectives
import LockstepDataParallel
import LockstepOptimizers
import LockstepTensors

extension RankTests {
    /// `data-parallel SHARDS allowed|refused [HOSTS [sharded|sgd-K]]`: ten steps on a toy model. The first rank prints loss and norm of
    /// every step and the hash of the parameters in full precision: the text must be the same for any number of ranks.
    static func dataParallel(_ arguments: [String]) throws {
        let (communicator, toy) = try ToyTraining.make(arguments)
        var text = ""
        for step in 0..<10 {
            let outcome = try toy.step()
            try require(outcome.isApplied, "a step was not applied")
            text += "\(outcome.loss.bitPattern) \(outcome.gradientNorm.bitPattern)\n"
            // Hosts that update on their own are equal only after an average.
            if step == 9 { try toy.dataParallel.synchronize(includingMoments: true) }
            guard toy.dataParallel.isSynchronized else { continue }
            try toy.dataParallel.requireEqualParameters()
        }
        let everybody = try communicator.gather(Array(text.utf8))
        let hasOwnNorms = arguments.count > 3 && arguments[3].hasPrefix("sgd-")
        try require(
            hasOwnNorms || everybody.allSatisfy { $0 == everybody[0] }, "ranks see different outcomes")
        if communicator.rank == 0 {
            let hash = "\(toy.dataParallel.parameterHash)\n"
            FileHandle.standardOutput.write(Data((text + hash).utf8))
        }
        try communicator.finalize()
    }

    /// `desync SHARDS refused`: one bit of the last rank's copy flips; all ranks must notice within two steps.
    static func desynchronized(_ arguments: [String]) throws {
        let (communicator, toy) = try ToyTraining.make(arguments)
        for _ in 0..<3 { _ = try toy.step() }
        let last = communicator.size - 1
        if communicator.rank == last {
            let value = toy.store.parameters[0].value.floats
            value[7] = Float(bitPattern: value[7].bitPattern ^ 1)
        }
        do {
            for _ in 0..<2 { _ = try toy.step() }
        } catch DataParallelError.desynchronized(let step, let hosts) {
            try require(hosts == [last] && step <= 4, "step \(step), hosts \(hosts)")
            try communicator.finalize()
            return
        }
        throw RankTestFailure(message: "rank \(communicator.rank) did not notice a flipped bit")
    }

    /// `non-finite SHARDS allowed|refused`: one shard's loss is infinite; no rank applies the step.
    static func nonFinite(_ arguments: [String]) throws {
        let (communicator, toy) = try ToyTraining.make(arguments)
        _ = try toy.step()
        let before = toy.dataParallel.parameterHash
        let outcome = try toy.step(infiniteShard: toy.dataParallel.allreduce.plan.shards - 1)
        try require(!outcome.isApplied && outcome.flags.contains(.nonFiniteLoss), "the step was applied")
        try require(toy.dataParallel.parameterHash == before, "parameters changed")
        try require(toy.dataParallel.step == 1, "the step was counted")
        try communicator.finalize()
    }
}

/// Two parameters whose gradients depend on themselves, the shard and the step.
struct ToyTraining {
    let store: ParameterStore
    let dataParallel: DataParallel

    static func make(_ arguments: [String]) throws -> (Communicator, ToyTraining) {
        let communicator = try Communicator(hostGrouping: arguments.count > 2 ? Int(arguments[2]) : nil)
        let store = ParameterStore()
        for (name, shape) in [("weight", [90, 100] as Shape), ("bias", [1500])] {
            _ = store.root.parameter(name, shape: shape, role: .weight) { values, shape, key in
                for index in 0..<shape.elementCount { values[index] = key.uniform(UInt64(index)) - 0.5 }
            }
        }
        let policy = SharedMemoryPolicy(rawValue: arguments[1]) ?? .allowed
        let form = arguments.count > 3 ? arguments[3] : ""
        let interval = form.hasPrefix("sgd-") ? Int(form.dropFirst(4)) : nil
        let optimizer = SGD(SGD.Configuration(learningRate: 0.1, momentum: 0.9))
        let dataParallel = try DataParallel(
            communicator: communicator, store: store, optimizer: optimizer,
            configuration: DataParallel.Configuration(
                shards: Int(arguments[0]) ?? 4,
                allreduce: AllreduceSettings(sharedMemory: policy, isScattered: form == "sharded"),
                averagingInterval: interval))
        try dataParallel.initialize(seed: 1)
        return (communicator, ToyTraining(store: store, dataParallel: dataParallel))
    }

    func step(infiniteShard: Int? = nil) throws -> StepOutcome {
        try dataParallel.step(learningRate: 0.1) { task in
            for parameter in store.parameters {
                let values = parameter.value.floats
                for index in 0..<parameter.elementCount {
                    let position = parameter.offset + index
                    let draw = Float((position * 31 + task.shard * 17 + task.step * 7) % 1009) / 1009
                    task.gradients[position] = values[index] * draw - 0.3 * draw
                }
            }
            let loss = task.shard == infiniteShard ? Double.infinity : Double(task.shard) * 0.7 + 0.1
            // Shards of different weight; shard 2 is empty.
            return ShardRecord(lossSum: loss, weight: task.shard == 2 ? 0 : Double(task.shard + 1))
        }
    }
}
