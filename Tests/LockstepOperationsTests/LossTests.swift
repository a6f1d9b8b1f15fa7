import LockstepAutograd
import LockstepOperations
import LockstepTensors
import LockstepTesting
import Testing

/// Losses against PyTorch and against differences.
@Suite struct LossTests {
    private let classWeights = Tensor([0.5, 2, 1.25] as [Float], shape: Shape(3))

    private func loss(_ golden: GoldenCase, _ x: Variable) -> WeightedLoss {
        let targets = golden.tensor("targets")
        let labels = Tensor(targets.floatArray.map { Int32($0) }, shape: Shape(targets.elementCount))
        switch golden.option("kind") {
        case 0: return crossEntropy(x, labels: labels)
        case 1: return crossEntropy(x, labels: labels, labelSmoothing: 0.1)
        case 2: return crossEntropy(x, labels: labels, classWeights: classWeights)
        case 3: return crossEntropy(x, labels: labels, labelSmoothing: 0.2, classWeights: classWeights)
        case 4: return meanSquaredError(x, targets: targets)
        case 5: return huber(x, targets: targets, delta: 0.75)
        case 6: return binaryCrossEntropy(x, targets: targets)
        default: return binaryCrossEntropy(x, targets: targets, positiveWeight: 3)
        }
    }

    private func body(_ golden: GoldenCase) -> OperationBench.Body {
        return { _, variables in
            guard let x = variables["x"] else { preconditionFailure("no input") }
            return loss(golden, x).sum
        }
    }

    @Test(arguments: GoldenCase.load("losses"))
    func equalsPyTorch(_ golden: GoldenCase) {
        let inputs = golden.inputs(["x"])
        var bench = OperationBench(inputs: inputs, parameterNames: [])
        for _ in 0..<2 {
            let result = bench.run(inputs, upstream: golden.tensor("upstream"), body(golden))
            expectClose(result.y, golden.tensor("y"), "y of \(golden.name)")
            golden.expectGradient(result.gradients["x"], "x")
        }
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .inference)
        let value = loss(golden, tape.constant(golden.tensor("x")))
        let weight = Double(golden.tensor("weight").floatArray[0])
        #expect(abs(value.weight - weight) < 1e-6)
        let expected = Double(golden.tensor("y").floatArray[0])
        #expect(abs(value.sumValue - expected) < 1e-5 * max(1, abs(expected)))
    }

    @Test(arguments: GoldenCase.load("losses"))
    func gradientMatchesDifferences(_ golden: GoldenCase) {
        let inputs = golden.inputs(["x"])
        var bench = OperationBench(inputs: inputs, parameterNames: [])
        bench.expectGradientMatchesDifferences(
            inputs, upstream: golden.tensor("upstream"), golden.name, body(golden))
    }

    @Test func crossEntropyOfSequencesIsThatOfTheirRows() {
        let numbers = (0..<24).map { Float($0 * 7 % 11) / 5 }
        func sums(_ rows: Shape, _ logits: Shape) -> (sum: Double, weight: Double, gradient: [Float]) {
            let tape = Tape(pool: StoragePool())
            tape.begin(mode: .training)
            let x = tape.input(Tensor(numbers, shape: logits))
            let loss = crossEntropy(x, labels: Tensor([0, 3, 1, 2, 2, 0] as [Int32], shape: rows))
            tape.backward(from: loss.sum)
            return (loss.sumValue, loss.weight, tape.gradient(of: x)?.floatArray ?? [])
        }
        let rows = sums(Shape(6), Shape(6, 4))
        #expect(rows == sums(Shape(2, 3), Shape(2, 3, 4)))
        #expect(rows.weight == 6 && rows.gradient.count == 24)
    }

    @Test func hugeLogitsStayFinite() {
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .training)
        let x = tape.input(Tensor([1e4, -1e4, 0, -1e4, 1e4, 0] as [Float], shape: Shape(2, 3)))
        let value = crossEntropy(x, labels: Tensor([0, 0] as [Int32], shape: Shape(2)))
        #expect(value.sumValue == 2e4)
        tape.backward(from: value.sum)
        let gradient = tape.gradient(of: x)?.floatArray ?? []
        #expect(gradient.count == 6)
        #expect(zip(gradient, [0, 0, 0, -1, 1, 0]).allSatisfy { abs($0 - $1) < 1e-30 })
        let logits = Tensor([1e4, -1e4] as [Float], shape: Shape(2, 1))
        let binary = binaryCrossEntropy(
            tape.constant(logits), targets: Tensor([1, 1] as [Float], shape: Shape(2, 1)))
        #expect(binary.sumValue == 1e4)
    }

    @Test func labelsThatAreNoClassesAreReported() {
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .training)
        _ = crossEntropy(
            tape.constant(filled(Shape(2, 3))), labels: Tensor([1, 3] as [Int32], shape: Shape(2)))
        #expect("\(tape.failure.map { "\($0)" } ?? "")".contains("The label 3 (row 1"))
        tape.begin(mode: .training)
        _ = embedding(Tensor([0, -1] as [Int32], shape: Shape(2)), table: tape.constant(filled(Shape(4, 2))))
        #expect(tape.failure != nil)
    }

    @Test func notANumberIsNotHidden() {
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .inference)
        let bad = tape.constant(Tensor([.nan, 1, 2] as [Float], shape: Shape(1, 3)))
        #expect(crossEntropy(bad, labels: Tensor([1] as [Int32], shape: Shape(1))).sumValue.isNaN)
        let numbers = Tensor([0, 0, 0] as [Float], shape: Shape(1, 3))
        #expect(meanSquaredError(bad, targets: numbers).sumValue.isNaN)
        #expect(huber(bad, targets: numbers).sumValue.isNaN)
        #expect(binaryCrossEntropy(bad, targets: numbers).sumValue.isNaN)
    }

    @Test func anEmptyShardWeighsNothing() {
        let numbers = Tensor(zeros: Shape(0, 3))
        let losses: [(Variable) -> WeightedLoss] = [
            { crossEntropy($0, labels: Tensor(zeros: Shape(0), dtype: .int32), labelSmoothing: 0.1) },
            { crossEntropy($0, labels: Tensor(zeros: Shape(0), dtype: .int32), classWeights: classWeights) },
            { meanSquaredError($0, targets: numbers) },
            { huber($0, targets: numbers) },
            { binaryCrossEntropy($0, targets: numbers, positiveWeight: 2) },
        ]
        let tape = Tape(pool: StoragePool())
        for loss in losses {
            tape.begin(mode: .training)
            let x = tape.input(numbers)
            let value = loss(x)
            #expect(value.sumValue == 0 && value.weight == 0 && value.sum.value.floats[0] == 0)
            tape.backward(from: value.sum)
            #expect(tape.gradient(of: x)?.elementCount == 0)
        }
    }

    @Test func sumsAreFoldedInDouble() {
        // One large loss and many small ones: in float the small ones would be lost.
        let rows = 1001
        var values = [Float](repeating: 0.03125, count: rows)
        values[0] = 8192
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .inference)
        let x = tape.constant(Tensor(values, shape: Shape(rows, 1)))
        let loss = meanSquaredError(x, targets: Tensor(zeros: Shape(rows, 1)))
        #expect(loss.sumValue == 67_108_864 + 1000 * 0.0009765625)
        #expect(loss.weight == 1001)
    }

    @Test func backwardScalesByTheSeed() {
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .training)
        let x = tape.input(Tensor([1, 2, 4] as [Float], shape: Shape(3, 1)))
        let loss = meanSquaredError(x, targets: Tensor(zeros: Shape(3, 1)))
        tape.backward(from: loss.sum, seed: 0.5)
        #expect(tape.gradient(of: x)?.floatArray == [1, 2, 4])
    }
}
