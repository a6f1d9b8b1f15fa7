import Foundation
import LockstepAutograd
import LockstepCollectives
import LockstepDataParallel
import LockstepLayers
import LockstepOperations
import LockstepOptimizers
import LockstepTensors

extension RankTests {
    /// `sparse SHARDS allowed|refused [HOSTS [FORM+FORM...]]`: twelve steps of a network with two tables, of which each shard uses a few
    /// rows. The first rank prints loss, norm and hashes in full precision: the text must be the same for any number of ranks.
    /// Forms: `dense`: the same tables, not sparse; `adam`, `adamw`: these optimizers instead of SGD; `sharded`; `clipped`; `rounded`:
    /// mixed precision; `one`: every shard uses the same row; `phases`: a phase for each table; `frozen`: the first table
    /// is frozen after four steps and trained again after eight; `copied`: the state is copied and shared again after each step;
    /// `compared`: with fewer digits of the norm and without the hash of all parameters, in which a sparse table comes in another order;
    /// `local`, `lamb`, `top-k`, `average`: refused; `flipped`, `flipped-used`: one bit of a row flips on the last host, which is noticed
    /// before a checkpoint, or by the step after one that has used the row.
    static func sparse(_ arguments: [String]) throws {
        let communicator = try Communicator(hostGrouping: arguments.count > 2 ? Int(arguments[2]) : nil)
        let training = try SparseTraining(arguments, communicator)
        var text = ""
        for step in 0..<12 {
            if training.forms.contains("frozen"), step == 4 || step == 8 {
                let isFrozen = step == 4
                try training.dataParallel.reassign([{ !isFrozen || $0.name != "first.weight" }])
            }
            let outcome = try training.step(step)
            try require(outcome.isApplied, "a step was not applied")
            let norm = outcome.gradientNorm
            text += "\(outcome.loss.bitPattern) "
            text += training.isComparedWithDense ? String(format: "%.6g\n", norm) : "\(norm.bitPattern)\n"
            if training.isFlipped(after: step) { return try requireDetection(training, communicator, step) }
            if training.forms.contains("copied") { try training.copyAndRestore() }
            try training.dataParallel.requireEqualParameters()
        }
        if !training.isComparedWithDense { text += "\(training.dataParallel.parameterHash)\n" }
        text += try training.hashes()
        let everybody = try communicator.allGather(Array(text.utf8))
        try require(everybody.allSatisfy { $0 == everybody[0] }, "ranks see different outcomes")
        if communicator.rank == 0 { FileHandle.standardOutput.write(Data(text.utf8)) }
        try communicator.finalize()
    }

    private static func requireDetection(
        _ training: SparseTraining, _ communicator: Communicator, _ step: Int
    ) throws {
        do {
            if training.forms.contains("flipped") {
                try training.dataParallel.requireEqualParameters()
            } else {
                for next in 1...2 { _ = try training.step(step + next) }
            }
        } catch DataParallelError.desynchronized(_, let hosts) {
            try require(hosts == [communicator.size - 1], "hosts \(hosts)")
            return try communicator.finalize()
        }
        throw RankTestFailure(message: "rank \(communicator.rank) did not notice a flipped bit")
    }
}

/// A network whose input are rows of two tables.
final class SparseTraining {
    let store = ParameterStore()
    let dataParallel: DataParallel
    let forms: Set<String>
    private let tables: [Embedding]
    private let output: Linear
    private let tape: Tape
    private let communicator: Communicator

    var isComparedWithDense: Bool { forms.contains("compared") }

    init(_ arguments: [String], _ communicator: Communicator) throws {
        let forms = Set((arguments.count > 3 ? arguments[3] : "").split(separator: "+").map(String.init))
        self.forms = forms
        self.communicator = communicator
        let isSparse = !forms.contains("dense")
        // Widths that are no multiples of vectors, and more rows than parts.
        tables = [("first", 3000, 20), ("second", 70, 7)].map { [store] name, entries, width in
            Embedding(store.root[name], entries: entries, width: width, isSparse: isSparse)
        }
        output = Linear(store.root["output"], inputs: 27, outputs: 3)
        let precision: Precision = forms.contains("rounded") ? .bfloat16 : .float32
        tape = Tape(pool: StoragePool(), precision: precision)
        func phase(_ name: String, _ trains: @escaping @Sendable (Parameter) -> Bool) -> UpdatePhase {
            let adam = Adam.Configuration(learningRate: 0.01, weightDecay: forms.contains("adamw") ? 0.1 : 0)
            let optimizer: any Optimizer =
                if forms.contains("adam") {
                    Adam(adam)
                } else if forms.contains("adamw") {
                    Adam(adam, decoupled: true)
                } else if forms.contains("lamb") {
                    LAMB(LAMB.Configuration(learningRate: 0.1))
                } else {
                    SGD(SGD.Configuration(learningRate: 0.1))
                }
            return UpdatePhase(
                name: name, optimizer: optimizer, clipping: forms.contains("clipped") ? .norm(0.05) : .none,
                trains: trains, learningRateFactor: { $0.name == "second.weight" ? 0.5 : 1 })
        }
        let phases =
            forms.contains("phases")
            ? [
                phase("one") { $0.name == "first.weight" }, phase("two") { $0.name != "first.weight" },
            ] : [phase("all") { _ in true }]
        dataParallel = try DataParallel(
            communicator: communicator, store: store, phases: phases,
            configuration: DataParallel.Configuration(
                shards: Int(arguments[0]) ?? 4,
                allreduce: AllreduceSettings(
                    sharedMemory: SharedMemoryPolicy(rawValue: arguments[1]) ?? .allowed,
                    format: forms.contains("top-k") ? .topK(fraction: 0.1) : .float32),
                precision: precision,
                update: forms.contains("sharded")
                    ? .shardedOptimizer : forms.contains("local") ? .localSGD(interval: 2) : .replicated,
                parameterAveraging: forms.contains("average") ? ParameterAveraging(decay: 0.9) : nil))
        try dataParallel.initialize(seed: 1)
    }

    func step(_ step: Int) throws -> StepOutcome {
        let phase = forms.contains("phases") ? step % 2 : 0
        return try dataParallel.step(phase: phase, learningRate: 0.1) { task in
            // Shard 2 is empty, and in every fifth step shard 1 as well.
            guard task.shard != 2, task.step % 5 != 4 || task.shard != 1 else { return try task.empty() }
            let rows = 5 + task.shard
            task.begin(tape, seed: 1)
            let ids = (0..<2).map { number in
                let ids = tape.pool.tensor(Shape(rows), .int32)
                for row in 0..<rows {
                    // Low numbers are frequent.
                    let draw = (row * 31 + task.shard * 17 + task.step * 7 + number) % 53
                    let id = draw * draw % tables[number].weight.shape[0]
                    ids.int32s[row] = forms.contains("one") ? 2 : Int32(id)
                }
                return ids
            }
            // The first table is used twice.
            let first = tables[0](ids[0], on: tape) + tables[0](ids[1], on: tape)
            let logits = output(concatenate(first, tables[1](ids[1], on: tape), axis: 1))
            let labels = tape.pool.tensor(Shape(rows), .int32)
            for row in 0..<rows { labels.int32s[row] = Int32((row + task.step) % 3) }
            let loss = crossEntropy(logits, labels: labels)
            tape.backward(from: loss.sum, store: store, whenReady: task.whenReady)
            return ShardRecord(lossSum: loss.sumValue, weight: loss.weight, samples: UInt64(rows))
        }
    }

    /// Flips a bit on the last rank, if the forms ask for it after this step.
    func isFlipped(after step: Int) -> Bool {
        guard step == 3, forms.contains("flipped") || forms.contains("flipped-used") else { return false }
        if communicator.rank == communicator.size - 1 {
            // Row 2 is the one of the form `one`; no shard uses row 2999.
            let row = forms.contains("flipped") ? 2999 : 2
            let value = tables[0].weight.value.floats + row * 20
            value.pointee = Float(bitPattern: value.pointee.bitPattern ^ 1)
        }
        return true
    }

    /// Writes the state of rank 0's copy over all parameters and moments, as a resume does.
    func copyAndRestore() throws {
        try dataParallel.collectState()
        let updates = dataParallel.updates
        if dataParallel.shards.lowerBound == 0 {
            let (model, optimizer) = dataParallel.copiedState
            let copies = (model + optimizer).map { tensor in
                (tensor.name, [UInt8](UnsafeRawBufferPointer(start: tensor.address, count: tensor.byteCount)))
            }
            dataParallel.prepareState(residuals: 0)
            for tensor in dataParallel.modelState + dataParallel.optimizerState {
                tensor.address.initializeMemory(as: UInt8.self, repeating: 0xFF, count: tensor.byteCount)
                guard let copy = copies.first(where: { $0.0 == tensor.name }) else {
                    throw RankTestFailure(message: "no copy of \(tensor.name)")
                }
                copy.1.withUnsafeBytes { bytes in
                    guard let start = bytes.baseAddress else { return }
                    tensor.address.copyMemory(from: start, byteCount: bytes.count)
                }
            }
        }
        try dataParallel.shareState(updates: updates)
    }

    /// The hash of each tensor of model and optimizer.
    func hashes() throws -> String {
        try dataParallel.collectState()
        var text = ""
        guard dataParallel.shards.lowerBound == 0 else { return try shared("") }
        let (model, optimizer) = dataParallel.copiedState
        for tensor in model + optimizer {
            var hash: UInt64 = 14_695_981_039_346_656_037
            for byte in UnsafeRawBufferPointer(start: tensor.address, count: tensor.byteCount) {
                hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211
            }
            text += "\(tensor.name) \(tensor.shape) \(hash)\n"
        }
        return try shared(text)
    }

    private func shared(_ text: String) throws -> String {
        String(decoding: try communicator.broadcast(Array(text.utf8)), as: UTF8.self)
    }
}
