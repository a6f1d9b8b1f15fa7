import Foundation
import LockstepAutograd
import LockstepCollectives
import LockstepDataParallel
import LockstepLayers
import LockstepOperations
import LockstepOptimizers
import LockstepTensors
import Testing

/// Sparse tables on a single rank.
@Suite struct SparseTableTests {
    private struct Golden: Decodable {
        let entries, width: Int
        let start: [Float]
        let ids: [[Int32]]
        let targets: [[Float]]
        let weights: [String: [Float]]

        static func read() throws -> Golden {
            let file = URL(filePath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../Fixtures/optimizers/sparse_tables.json")
            return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
        }
    }

    private static let optimizers: [String: any Optimizer] = [
        "sgd": SGD(SGD.Configuration(learningRate: 0.5)),
        "adam": Adam(Adam.Configuration(learningRate: 0.05, beta1: 0.8, beta2: 0.95)),
        "adagrad": Adagrad(Adagrad.Configuration(learningRate: 0.3)),
    ]
    private static let learningRates = ["sgd": 0.5, "adam": 0.05, "adagrad": 0.3]

    /// Shards of the batch are parts of a step.
    @Test(arguments: ["sgd", "adam", "adagrad"], [1, 3]) func rowsLearnAsInPyTorch(
        name: String, shards: Int
    ) throws {
        let golden = try Golden.read()
        let store = ParameterStore()
        let table = Embedding(
            store.root["table"], entries: golden.entries, width: golden.width, isSparse: true)
        let dataParallel = try DataParallel(
            communicator: Communicator(), store: store,
            phases: [UpdatePhase(optimizer: #require(Self.optimizers[name]))],
            configuration: .init(shards: shards))
        try dataParallel.initialize(seed: 1)
        table.weight.value.floats.update(from: golden.start, count: golden.start.count)
        try dataParallel.shareInitialParameters()
        let tape = Tape(pool: StoragePool())
        for (ids, targets) in zip(golden.ids, golden.targets) {
            let rows = ids.count / shards
            _ = try dataParallel.step(learningRate: #require(Self.learningRates[name])) { task in
                task.begin(tape, seed: 1)
                let own = tape.pool.tensor(Shape(rows), .int32)
                let goals = tape.pool.tensor(Shape(rows, golden.width))
                for row in 0..<rows {
                    own.int32s[row] = ids[task.shard * rows + row]
                    for column in 0..<golden.width {
                        goals.floats[row * golden.width + column] =
                            targets[(task.shard * rows + row) * golden.width + column]
                    }
                }
                let loss = meanSquaredError(table(own, on: tape), targets: goals)
                tape.backward(from: loss.sum, store: store, whenReady: task.whenReady)
                return ShardRecord(lossSum: loss.sumValue, weight: loss.weight)
            }
        }
        let expected = try #require(golden.weights[name])
        for index in expected.indices {
            #expect(abs(table.weight.value.floats[index] - expected[index]) < 2e-6, "element \(index)")
        }
        let unused = (golden.entries - 1) * golden.width
        for index in unused..<expected.count {
            #expect(table.weight.value.floats[index] == golden.start[index])
        }
    }

    /// Rows that are not finite end the run in the next step, and are named.
    @Test func rowsThatAreNotFiniteAreNoticed() throws {
        let store = ParameterStore()
        let table = Embedding(store.root["table"], entries: 4, width: 3, isSparse: true)
        let dataParallel = try DataParallel(
            communicator: Communicator(), store: store,
            phases: [UpdatePhase(optimizer: SGD(SGD.Configuration(learningRate: 1)))],
            configuration: .init(shards: 1))
        try dataParallel.initialize(seed: 1)
        let tape = Tape(pool: StoragePool())
        func step(_ learningRate: Double) throws -> StepOutcome {
            try dataParallel.step(learningRate: learningRate) { task in
                task.begin(tape, seed: 1)
                let ids = tape.pool.tensor(Shape(1), .int32)
                ids.int32s[0] = 2
                let loss = sum(table(ids, on: tape))
                tape.backward(from: loss, store: store, whenReady: task.whenReady)
                return ShardRecord(lossSum: 1, weight: 1)
            }
        }
        #expect(try step(.infinity).isApplied)
        let outcome = try step(1)
        #expect(!outcome.isApplied && outcome.flags == [.nonFiniteParameters])
        #expect(dataParallel.nonFiniteTensor == "table.weight")
    }

    /// The gradient of a table that is not only looked up in would have all rows.
    @Test func aSparseTableIsOnlyLookedUpIn() async {
        await #expect(processExitsWith: .failure) {
            let store = ParameterStore()
            let table = Embedding(store.root["table"], entries: 4, width: 3, isSparse: true)
            store.allocate()
            let tape = Tape(pool: StoragePool())
            let gradients = Tensor(zeros: Shape(store.flatCount))
            tape.begin(mode: .training, gradients: gradients.floats)
            let loss = sum(square(tape.variable(table.weight)))
            tape.backward(from: loss, store: store)
        }
    }
}
