import Foundation
import Lockstep

/// A custom training loop over the public API, with a fault on one rank (-1: on all): `LoopProbe FAULT RANK STEP`.
///
/// FAULT is `none`; a `BrokenContract`; a `BrokenLayer`; or a `LoopFault`: with STEP -1 before there is a `DataParallel`, else in the
/// loop before the step (with the suffix `-inside` within the first shard of the step).
@main struct LoopProbe {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let guilty = Int(arguments[2]), let faultStep = Int(arguments[3]) else {
            exit(64)
        }
        let communicator = try Communicator()
        let isGuilty = guilty < 0 || communicator.rank == guilty
        let contract = BrokenContract(rawValue: arguments[1])
        let brokenLayer = BrokenLayer(rawValue: arguments[1])
        let fault = LoopFault(rawValue: arguments[1].replacingOccurrences(of: "-inside", with: ""))
        let isInside = arguments[1].hasSuffix("-inside")
        if isGuilty, faultStep < 0 { try fault?.happen() }
        try communicator.barrier()

        let store = ParameterStore()
        let hidden = Linear(store.root["hidden"], inputs: 4, outputs: 8, activation: .relu)
        let output = Linear(store.root["layers"][2]["output"], inputs: 8, outputs: 3)
        let dataParallel = try DataParallel(
            communicator: communicator, store: store,
            phases: [UpdatePhase(optimizer: SGD(.init(learningRate: 0.1)))],
            configuration: .init(shards: 6))
        try dataParallel.initialize(seed: 1)
        let tape = Tape(pool: StoragePool())
        let x = Tensor((0..<16).map { Float($0 % 5) - 2 }, shape: [4, 4])
        let labels = Tensor([0, 1, 2, 0] as [Int32], shape: [4])
        for step in 0..<20 {
            let isNow = isGuilty && step == faultStep
            if isNow, !isInside { try fault?.happen() }
            _ = try dataParallel.step(learningRate: 0.1) { task in
                if isNow, isInside { try fault?.happen() }
                task.begin(tape, seed: 1)
                let h = hidden(tape.constant(x))
                let y = output(h)
                if isNow, let contract { happen(contract, h: h, y: y, layer: output, store: store) }
                if isNow, let brokenLayer { happen(brokenLayer, y: y) }
                let loss = crossEntropy(y, labels: labels)
                tape.backward(from: loss.sum, store: store, whenReady: task.whenReady)
                defer { tape.clear() }
                if let failure = tape.failure { throw failure }
                return ShardRecord(lossSum: loss.sumValue, weight: loss.weight, samples: 4)
            }
        }
        try dataParallel.synchronize()
        if communicator.rank == 0 { print("parameters \(dataParallel.parameterHash)") }
        try communicator.finalize()
    }
}
