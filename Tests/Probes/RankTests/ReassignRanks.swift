import Foundation
import LockstepAutograd
import LockstepCollectives
import LockstepDataParallel
import LockstepOptimizers
import LockstepTensors

extension RankTests {
    /// `reassign SHARDS allowed|refused [HOSTS [FORM+FORM...]]`: steps of two phases, between which parameters are frozen, thawed and
    /// given to the other phase. The first rank prints losses and norms of all steps, and after each part all parameters, statistics,
    /// averages and moments as hashes: the text must be the same for any number of ranks. Forms: `sharded`; `restored`: after each
    /// change another training that begins with these phases continues with a copy of the state.
    static func reassign(_ arguments: [String]) throws {
        let communicator = try Communicator(hostGrouping: arguments.count > 2 ? Int(arguments[2]) : nil)
        let forms = arguments.count > 3 ? arguments[3].split(separator: "+").map(String.init) : []
        var training = try ReassignedTraining(communicator, arguments, forms, ReassignedTraining.parts[0])
        try training.dataParallel.initialize(seed: 1)
        var text = ""
        var threads = 0
        for (number, part) in ReassignedTraining.parts.enumerated() {
            if number > 0 {
                let before = try training.state()
                try training.reassign(part)
                let after = try training.state()
                if communicator.rank == 0 {
                    try requireKept(before, after, ReassignedTraining.parts[number - 1], part)
                }
                if forms.contains("restored") {
                    let updates = training.dataParallel.updates
                    training = try ReassignedTraining(communicator, arguments, forms, part)
                    try training.restore(after, updates: updates)
                }
            }
            for turn in 0..<6 {
                let outcome = try training.step(turn % 3 == 2 ? 1 : 0)
                try require(outcome.isApplied, "a step was not applied")
                if threads == 0 { threads = threadCount }
                text += "\(outcome.loss.bitPattern) \(outcome.gradientNorm.bitPattern)\n"
            }
            try training.dataParallel.requireEqualParameters()
            for tensor in try training.state() { text += "\(tensor.name) \(tensor.hash)\n" }
        }
        try require(
            training.dataParallel.step == 6 * ReassignedTraining.parts.count,
            "step \(training.dataParallel.step)")
        // The exchanges of earlier parts have ended their threads, which would read memory that is gone.
        try require(threadCount == threads, "\(threads) threads, and \(threadCount) at the end")
        if communicator.rank == 0 { FileHandle.standardOutput.write(Data(text.utf8)) }
        try communicator.finalize()
    }

    /// The number of threads of this process.
    private static var threadCount: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0
    }

    /// Nothing but moments changes; those of parameters that stay in their phase are kept, others are zero.
    private static func requireKept(
        _ before: [SavedTensor], _ after: [SavedTensor], _ old: [[String]], _ new: [[String]]
    ) throws {
        func phase(_ name: String, _ phases: [[String]]) -> Int? {
            phases.firstIndex { $0.contains { name.hasSuffix($0) } }
        }
        for tensor in after {
            let kept = before.first { $0.name == tensor.name }
            if !tensor.name.hasPrefix("exp_avg") {
                try require(kept?.bytes == tensor.bytes, "\(tensor.name) has changed")
            } else if phase(tensor.name, old) == phase(tensor.name, new) {
                try require(
                    kept?.bytes == tensor.bytes && tensor.bytes.contains { $0 != 0 },
                    "\(tensor.name) has changed, or is zero")
            } else {
                try require(tensor.bytes.allSatisfy { $0 == 0 }, "\(tensor.name) is not zero")
            }
        }
        let moments = after.count { $0.name.hasPrefix("exp_avg.") }
        try require(moments == new.joined().count, "\(moments) parameters have moments")
    }

    /// `reassign-top-k SHARDS allowed [HOSTS]`: the gradients that hosts have not sent of a parameter that stays are kept, and those of one
    /// that is frozen are dropped; a phase without a parameter is refused, and changes nothing.
    static func reassignTopK(_ arguments: [String]) throws {
        let communicator = try Communicator(hostGrouping: Int(arguments[2]))
        let training = try ReassignedTraining(communicator, arguments, ["top-k"], [["a", "b", "c"]])
        try training.dataParallel.initialize(seed: 1)
        for _ in 0..<3 { _ = try training.step(0) }
        func residual(_ name: String) throws -> [Float] {
            guard let parameter = training.store.parameters.first(where: { $0.name == name }),
                let residual = training.dataParallel.allreduce.residual
            else { throw RankTestFailure(message: "no residual of \(name)") }
            return Array(
                UnsafeBufferPointer(start: residual + parameter.offset, count: parameter.elementCount))
        }
        let before = (b: try residual("b"), c: try residual("c"))
        try training.reassign([["b"]])
        try require(try residual("b") == before.b && before.b.contains { $0 != 0 }, "the residual of b")
        for _ in 0..<3 { _ = try training.step(0) }
        try training.reassign([["b", "c"]])
        try require(
            try residual("c").allSatisfy { $0 == 0 } && before.c.contains { $0 != 0 }, "the residual of c")
        _ = try training.step(0)
        try training.dataParallel.synchronize()
        try communicator.finalize()
    }
}

/// The name and the contents of a tensor.
private struct SavedTensor {
    let name: String
    let bytes: [UInt8]

    var hash: UInt64 { bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 } }
}

/// Three parameters and the statistics of a batch normalization, trained by phases that change.
private struct ReassignedTraining {
    /// For each part of the training the names that each phase trains: freezes, thaws, and gives a parameter to the other phase.
    static let parts: [[[String]]] = [
        [["a", "b"], ["c"]], [["b"], ["c"]], [["a"], ["c", "b"]], [["a", "b"], ["c"]],
    ]

    let store: ParameterStore
    let dataParallel: DataParallel

    init(_ communicator: Communicator, _ arguments: [String], _ forms: [String], _ part: [[String]]) throws {
        store = ParameterStore()
        // The first is so large that parts of its phase's sums arrive during the next step.
        for (name, rows) in [("a", 600), ("b", 90), ("c", 31)] {
            _ = store.root.parameter(name, shape: [rows, 577], role: .weight) { values, shape, key in
                for index in 0..<shape.elementCount { values[index] = key.uniform(UInt64(index)) - 0.5 }
            }
        }
        _ = store.root["norm"].runningStatistics(channels: 3, momentum: 0.1)
        dataParallel = try DataParallel(
            communicator: communicator, store: store,
            phases: part.enumerated().map { number, names in
                UpdatePhase(
                    name: "phase\(number)", optimizer: Adam(.init(learningRate: 0.01)), clipping: .norm(20),
                    trains: { names.contains($0.name) }, learningRateFactor: { $0.name == "b" ? 0.5 : 1 })
            },
            configuration: DataParallel.Configuration(
                shards: Int(arguments[0]) ?? 4,
                allreduce: AllreduceSettings(
                    sharedMemory: SharedMemoryPolicy(rawValue: arguments[1]) ?? .allowed,
                    format: forms.contains("top-k") ? .topK(fraction: 0.01) : .float32),
                update: forms.contains("sharded") ? .shardedOptimizer : .replicated,
                parameterAveraging: ParameterAveraging(decay: 0.75) { $0.name != "c" }))
    }

    func reassign(_ part: [[String]]) throws {
        do {
            if part.count > 1 {
                try dataParallel.reassign([{ _ in true }, { _ in true }])
                throw RankTestFailure(message: "a phase without a parameter")
            }
        } catch DataParallelError.emptyPhase(let name) {
            try RankTests.require(name == "phase1", "the empty phase is \(name)")
        }
        try dataParallel.reassign(part.map { names in { names.contains($0.name) } })
    }

    func step(_ phase: Int) throws -> StepOutcome {
        let step = dataParallel.step
        return try dataParallel.step(phase: phase, learningRate: 0.01) { task in
            for parameter in store.parameters { try task.gate?.wait(for: parameter) }
            try task.waitForParameters()
            for parameter in store.parameters.reversed() where parameter.phase == phase {
                let values = parameter.value.floats
                for index in 0..<parameter.elementCount {
                    let draw = Float((index * 31 + task.shard * 17 + step * 7) % 1009) / 1009
                    task.gradients[parameter.offset + index] = values[index] * draw - 0.3 * draw
                }
                task.whenReady?(parameter)
            }
            for index in 0..<7 { task.statistics[index] = Float(task.shard + index + step) * 0.37 }
            return ShardRecord(lossSum: Double(task.shard) * 0.7 + 0.1, weight: Double(task.shard + 1))
        }
    }

    /// The state as a checkpoint has it, on rank 0; nothing on other ranks. Collective.
    func state() throws -> [SavedTensor] {
        try dataParallel.collectState()
        guard dataParallel.allreduce.plan.block(of: 0) == dataParallel.shards else { return [] }
        let (model, optimizer) = dataParallel.copiedState
        return (model + optimizer).map { tensor in
            let bytes = UnsafeRawBufferPointer(start: tensor.address, count: tensor.byteCount)
            return SavedTensor(name: tensor.name, bytes: Array(bytes))
        }
    }

    /// Continues with a state. Collective.
    func restore(_ saved: [SavedTensor], updates: [Int]) throws {
        try dataParallel.initialize(seed: 2)
        if !saved.isEmpty {
            dataParallel.prepareState(residuals: 0)
            for tensor in dataParallel.modelState + dataParallel.optimizerState {
                guard let bytes = saved.first(where: { $0.name == tensor.name })?.bytes else { continue }
                bytes.withUnsafeBytes {
                    guard let start = $0.baseAddress else { return }
                    tensor.address.copyMemory(from: start, byteCount: $0.count)
                }
            }
        }
        try dataParallel.shareState(updates: updates)
    }
}
