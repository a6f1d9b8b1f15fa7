import Foundation
import LockstepConfiguration
import LockstepDatasets
import LockstepReaders
import LockstepTasks
import LockstepTensors
import Testing

/// Sequences in NPY files.
@Suite struct SequenceTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    private func bytes<Value>(_ values: [Value]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

    /// 12 sequences of 1 to 5 steps of 2 numbers; those of a test set are 3.
    private let lengths: [Int64] = [1, 5, 2, 3, 4, 2, 1, 3, 5, 2, 4, 1]

    private func write(_ set: String, _ lengths: [Int64], offset: Double) throws {
        let steps = Int(lengths.reduce(0, +))
        var numbers: [Double] = []
        for step in 0..<steps {
            numbers.append(Double(step) + offset)
            numbers.append(Double(100 - 3 * (step * step % 7)))
        }
        _ = try folder.npy("\(set)-x.npy", "<f8", "(\(steps), 2)", bytes(numbers))
        _ = try folder.npy("\(set)-n.npy", "<i8", "(\(lengths.count),)", bytes(lengths))
        _ = try folder.npy(
            "\(set)-y.npy", "<i4", "(\(lengths.count),)", bytes((0..<Int32(lengths.count)).map { $0 % 3 }))
    }

    private func recipe(_ change: (inout DataConfiguration.Sequences) -> Void = { _ in }) throws
        -> DataConfiguration
    {
        try write("train", lengths, offset: 0)
        try write("test", [2, 6, 1], offset: 0.5)
        func path(_ name: String) -> String { "\(folder.path)/\(name).npy" }
        var recipe = DataConfiguration.Sequences(
            trainInputs: path("train-x"), trainLengths: path("train-n"), trainTargets: path("train-y"),
            testInputs: path("test-x"), testLengths: path("test-n"), testTargets: path("test-y"))
        change(&recipe)
        return .sequences(recipe)
    }

    private func open(_ recipe: DataConfiguration, constants: DatasetConstants? = nil, testOnly: Bool = false)
        throws -> any Dataset
    {
        try recipe.open(DatasetRequest(constants: constants, isTestOnly: testOnly, cache: folder.cache))
    }

    @Test func sequencesHaveTheirStepsAndAreStandardisedByTrainingSteps() throws {
        let data = try open(try recipe { $0.preparation.validation = .fraction(0.25) })
        #expect(
            data.count(of: .training) == 9 && data.count(of: .validation) == 3 && data.count(of: .test) == 3)
        let input = data.schema.fields[0]
        #expect(input.name == "input" && input.shape == Shape(6, 2) && input.isVarying)
        #expect(data.schema.fields[1].classes == 3 && data.schema.fields[1].name == "target")
        var sums = [0.0, 0.0]
        var squares = [0.0, 0.0]
        var count = 0
        var seen: [Int] = []
        for split in [DatasetSplit.training, .validation] {
            let all = EvaluationSplit(data, split)
            let block = all.block(0..<all.count)
            let (longest, n) = (block[0].shape[1], try #require(block.lengths[0]).int32s)
            #expect(block[0].shape == Shape(all.count, longest, 2) && longest <= 5)
            for row in 0..<block.count {
                seen.append(Int(n[row]))
                for step in 0..<longest {
                    for feature in 0..<2 {
                        let number = Double(block[0].floats[(row * longest + step) * 2 + feature])
                        if step >= Int(n[row]) { #expect(number == 0) }
                        if split == .training {
                            sums[feature] += number
                            squares[feature] += number * number
                        }
                    }
                }
                if split == .training { count += Int(n[row]) }
            }
        }
        #expect(seen.sorted() == lengths.map(Int.init).sorted())
        for feature in 0..<2 {
            #expect(abs(sums[feature] / Double(count)) < 1e-5)
            #expect(abs(squares[feature] / Double(count) - 1) < 1e-4)
        }
        #expect(data.classCounts.reduce(0, +) == 9)
    }

    @Test func theTestSetNeedsNoTrainingData() throws {
        let recipe = try recipe()
        let whole = try open(recipe)
        let expected = EvaluationSplit(whole, .test).block(0..<3)
        let constants = whole.constants
        for name in ["train-x", "train-n", "train-y"] {
            try FileManager.default.removeItem(atPath: "\(folder.path)/\(name).npy")
        }
        #expect(try recipe.schema(of: constants) == whole.schema)
        let alone = try open(recipe, constants: constants, testOnly: true)
        #expect(alone.count(of: .training) == 0 && alone.count(of: .test) == 3)
        let block = EvaluationSplit(alone, .test).block(0..<3)
        #expect(block[0].floatArray == expected[0].floatArray && block[0].shape == Shape(3, 6, 2))
        #expect((0..<3).map { block[1].int32s[$0] } == [0, 1, 2])
        #expect(alone.constants[json: "sequences"] == constants[json: "sequences"])
        #expect(throws: DatasetError.self) { try open(recipe) }
    }

    private func problem(_ recipe: DataConfiguration) -> String {
        do {
            _ = try open(recipe)
            return "accepted"
        } catch { return "\(error)" }
    }

    @Test func wrongLengths() throws {
        let recipe = try recipe()
        _ = try folder.npy("train-n.npy", "<i8", "(12,)", bytes(lengths.dropLast() + [2] as [Int64]))
        #expect(problem(recipe).contains("add up to 34 steps"))
        _ = try folder.npy("train-n.npy", "<i8", "(12,)", bytes(lengths.dropLast() + [0] as [Int64]))
        #expect(problem(recipe).contains("0.0 is not a valid length of a sequence"))
        #expect(problem(recipe).contains("train-n.npy, sample 11"), "\(problem(recipe))")
        _ = try folder.npy("train-n.npy", "<i8", "(11,)", bytes(Array(lengths.dropLast())))
        #expect(problem(recipe).contains("12 targets for the 11 samples"))
        #expect(throws: ComponentError.self) { try open(try self.recipe { $0.testLengths = nil }) }
    }

    @Test func otherStepsAreOtherData() throws {
        let recipe = try recipe()
        let first = try open(recipe).fingerprint
        #expect(try open(recipe).fingerprint == first)
        try write("train", lengths, offset: 1)
        #expect(try open(recipe).fingerprint != first)
    }

    /// Sequences without targets have the same steps; they are not the test set of a training run.
    @Test func sequencesToPredictNeedNoTargets() throws {
        let whole = try open(try recipe())
        let without = try recipe { $0.testTargets = nil }
        let test = try open(without, constants: whole.constants, testOnly: true)
        #expect(test.count(of: .test) == 3 && !test.hasTargets(.test) && whole.hasTargets(.test))
        let (one, other) = (
            EvaluationSplit(test, .test).block(0..<3), EvaluationSplit(whole, .test).block(0..<3)
        )
        #expect(one[0].floatArray == other[0].floatArray && one.lengths[0]?.int32s[1] == 6)
        let error = #expect(throws: DatasetError.self) { try open(without) }
        #expect(error?.problem == "the test set has no targets (test_targets)")
    }
}
