import Foundation
import LockstepAutograd
import LockstepCollectives
import LockstepDataParallel
import LockstepOptimizers
import LockstepTensors

extension RankTests {
    /// `phases SHARDS allowed|refused [HOSTS [FORM]]`: twelve steps of two phases that take turns (two of the first, one of the
    /// second), with a frozen parameter and moving averages. The first rank prints losses and norms of all steps, and all parameters,
    /// moments and averages as hashes: the text must be the same for any number of ranks. Form: `sharded`.
    ///
    /// Gradients of the first phase depend only on its own parameters and number of updates. So the same phase
    /// trained alone (`phases-alone`) gives the same parameters: steps of the other phase do not affect it, not even
    /// Adam's step count.
    static func phases(_ arguments: [String]) throws {
        let (communicator, training) = try PhasedTraining.make(arguments, phases: ["first", "second"])
        var text = ""
        for turn in 0..<12 {
            let outcome = try training.step(turn % 3 == 2 ? 1 : 0)
            try require(outcome.isApplied, "a step was not applied")
            text += "\(outcome.loss.bitPattern) \(outcome.gradientNorm.bitPattern)\n"
            if turn % 4 == 3 { try training.dataParallel.requireEqualParameters() }
        }
        try training.dataParallel.synchronize()
        try require(training.dataParallel.updates == [8, 4], "updates \(training.dataParallel.updates)")
        try training.dataParallel.collectState()
        if communicator.rank == 0 {
            let (model, optimizer) = training.dataParallel.copiedState
            for tensor in model + optimizer { text += training.text(tensor) }
            FileHandle.standardOutput.write(Data(text.utf8))
        }
        try communicator.finalize()
    }

    /// `phases-alone SHARDS allowed|refused`: the first phase's eight steps without the second one, whose parameters are frozen;
    /// prints the parameters of the first phase.
    static func firstPhaseAlone(_ arguments: [String]) throws {
        let (communicator, training) = try PhasedTraining.make(arguments, phases: ["first"])
        for _ in 0..<8 { _ = try training.step(0) }
        try training.dataParallel.collectState()
        if communicator.rank == 0 {
            let (model, optimizer) = training.dataParallel.copiedState
            let text = (model + optimizer).filter { $0.name.contains("first") }.map(training.text).joined()
            FileHandle.standardOutput.write(Data(text.utf8))
        }
        try communicator.finalize()
    }
}

/// Parameters of two phases and frozen ones. Each phase is so large that parts of its sums arrive during the next step.
private struct PhasedTraining {
    let store: ParameterStore
    let dataParallel: DataParallel

    static func make(_ arguments: [String], phases: [String]) throws -> (Communicator, PhasedTraining) {
        let communicator = try Communicator(hostGrouping: arguments.count > 2 ? Int(arguments[2]) : nil)
        let store = ParameterStore()
        // Registered alternately: the flat order is not the order of registration.
        for number in 0..<3 {
            for name in ["first", "frozen", "second"] {
                _ = store.root[name].parameter("weight\(number)", shape: [311, 577], role: .weight) {
                    values, shape, key in
                    for index in 0..<shape.elementCount { values[index] = key.uniform(UInt64(index)) - 0.5 }
                }
            }
        }
        let optimizers: [String: any Optimizer] = [
            "first": Adam.Configuration().make(),
            "second": SGD(SGD.Configuration(learningRate: 0.1, momentum: 0.9)),
        ]
        let dataParallel = try DataParallel(
            communicator: communicator, store: store,
            phases: phases.compactMap { name in
                optimizers[name].map { optimizer in
                    UpdatePhase(name: name, optimizer: optimizer, clipping: .norm(20)) {
                        $0.name.hasPrefix(name)
                    }
                }
            },
            configuration: DataParallel.Configuration(
                shards: Int(arguments[0]) ?? 4,
                allreduce: AllreduceSettings(
                    sharedMemory: SharedMemoryPolicy(rawValue: arguments[1]) ?? .allowed,
                    isScattered: arguments.contains("sharded")),
                parameterAveraging: ParameterAveraging(decay: 0.75) { $0.name.hasSuffix("weight1") }))
        try dataParallel.initialize(seed: 1)
        return (communicator, PhasedTraining(store: store, dataParallel: dataParallel))
    }

    func step(_ phase: Int) throws -> StepOutcome {
        let updates = dataParallel.updates[phase]
        return try dataParallel.step(phase: phase, learningRate: 0.01) { task in
            for parameter in store.parameters { try task.gate?.wait(for: parameter) }
            try task.waitForParameters()
            for parameter in store.parameters.reversed() where parameter.phase == phase {
                let values = parameter.value.floats
                for index in 0..<parameter.elementCount {
                    let draw = Float((index * 31 + task.shard * 17 + updates * 7) % 1009) / 1009
                    task.gradients[parameter.offset + index] = values[index] * draw - 0.3 * draw
                }
                task.whenReady?(parameter)
            }
            return ShardRecord(
                lossSum: Double(task.shard) * 0.7 + 0.1, weight: task.shard == 2 ? 0 : Double(task.shard + 1))
        }
    }

    /// The name and the hash of a tensor.
    func text(_ tensor: StateTensor) -> String {
        let floats = tensor.address.assumingMemoryBound(to: Float.self)
        return "\(tensor.name) \(FlatBuffers.hash(floats, 0..<tensor.byteCount / 4))\n"
    }
}
