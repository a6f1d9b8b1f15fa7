import LockstepAutograd
import LockstepOperations
import LockstepTensors
import LockstepTesting
import Testing

/// Losses beside cross-entropy and squared errors, against PyTorch and against differences.
@Suite struct MoreLossTests {
    private static let names = ["x", "z", "value"]

    private func loss(_ golden: GoldenCase, _ variables: [String: Variable]) -> WeightedLoss {
        func optional(_ name: String) -> Tensor? { golden.inputs([name])[name] }
        guard let x = variables["x"] else { preconditionFailure("no input") }
        let z = variables["z"] ?? x
        let targets = optional("targets") ?? x.value
        let labels =
            optional("labels").map { Tensor($0.floatArray.map { Int32($0) }, shape: $0.shape) } ?? targets
        let (classes, samples) = (optional("classes"), optional("samples"))
        switch golden.option("kind") {
        case 0, 1: return meanAbsoluteError(x, targets: targets, sampleWeights: samples)
        case 2, 3: return kullbackLeibler(x, targets: targets, sampleWeights: samples)
        case 4, 5: return negativeLogLikelihood(x, labels: labels, classWeights: classes)
        case 6, 7: return focal(x, labels: labels, classWeights: classes)
        case 8: return binaryFocal(x, targets: targets)
        case 9: return binaryFocal(x, targets: targets, gamma: 1.5, alpha: nil)
        case 10: return dice(x, targets: targets, sampleWeights: samples)
        case 11: return cosineEmbedding(x, z, signs: targets, margin: -0.25)
        case 12: return triplet(anchor: x, positive: z, negative: variables["value"] ?? x, margin: 0.75)
        default: return infoNCE(x, z, temperature: 0.5)
        }
    }

    private func body(_ golden: GoldenCase) -> OperationBench.Body {
        return { _, variables in loss(golden, variables).sum }
    }

    @Test(arguments: GoldenCase.load("more_losses"))
    func equalsPyTorch(_ golden: GoldenCase) {
        let inputs = golden.inputs(Self.names)
        var bench = OperationBench(inputs: inputs, parameterNames: [])
        for _ in 0..<2 {
            let result = bench.run(inputs, upstream: golden.tensor("upstream"), body(golden))
            expectClose(result.y, golden.tensor("y"), "y of \(golden.name)")
            for name in inputs.keys { golden.expectGradient(result.gradients[name], name) }
        }
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .inference)
        let value = loss(golden, inputs.mapValues { tape.constant($0) })
        #expect(abs(value.weight - Double(golden.tensor("weight").floatArray[0])) < 1e-6)
        let expected = Double(golden.tensor("y").floatArray[0])
        #expect(abs(value.sumValue - expected) < 1e-5 * Swift.max(1, abs(expected)))
    }

    @Test(arguments: GoldenCase.load("more_losses"))
    func gradientMatchesDifferences(_ golden: GoldenCase) {
        let inputs = golden.inputs(Self.names)
        var bench = OperationBench(inputs: inputs, parameterNames: [])
        bench.expectGradientMatchesDifferences(
            inputs, upstream: golden.tensor("upstream"), step: 2e-3, golden.name, body(golden))
    }

    @Test(arguments: GoldenCase.load("more_losses"))
    func notANumberPasses(_ golden: GoldenCase) {
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .training)
        let values = golden.inputs(Self.names)
        let inputs = values.mapValues { tensor in
            for index in 0..<tensor.elementCount { tensor.floats[index] = .nan }
            return tape.input(tensor)
        }
        let value = loss(golden, inputs)
        #expect(value.sumValue.isNaN)
        tape.backward(from: value.sum)
        // Gradients of Kullback and Leibler and of likelihoods are the targets alone.
        guard ![2, 3, 4, 5].contains(golden.option("kind")) else { return }
        for (name, input) in inputs {
            #expect(tape.gradient(of: input)?.floatArray.contains { $0.isNaN } == true, "gradient of \(name)")
        }
    }

    @Test func anEmptyShardWeighsNothing() {
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .training)
        let x = tape.input(Tensor(zeros: Shape(0, 3)))
        let (none, labels) = (Tensor(zeros: Shape(0, 3)), Tensor(zeros: Shape(0), dtype: .int32))
        let signs = Tensor(zeros: Shape(0))
        let losses = [
            meanAbsoluteError(x, targets: none), kullbackLeibler(x, targets: none),
            negativeLogLikelihood(x, labels: labels), focal(x, labels: labels), binaryFocal(x, targets: none),
            dice(x, targets: none), cosineEmbedding(x, x, signs: signs),
            triplet(anchor: x, positive: x, negative: x), infoNCE(x, x),
        ]
        for loss in losses {
            #expect(loss.sumValue == 0 && loss.weight == 0 && loss.sum.value.floatArray == [0])
        }
    }

    @Test func labelsThatAreNoClassesAreReported() {
        for kind in 0..<2 {
            let tape = Tape(pool: StoragePool())
            tape.begin(mode: .training)
            let x = tape.input(filled(Shape(3, 2)))
            let labels = Tensor([0, 2, 1] as [Int32], shape: Shape(3))
            let loss = kind == 0 ? negativeLogLikelihood(x, labels: labels) : focal(x, labels: labels)
            let error = tape.failure as? LabelError
            #expect(error?.label == 2 && error?.classes == 2 && error?.row == 1)
            tape.backward(from: loss.sum)
            #expect(tape.gradient(of: x)?.floatArray[2..<4] == [0, 0])
        }
    }

    @Test func aComposedLossTakesItsSum() {
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .training)
        let x = tape.input(Tensor([1, -2, 4] as [Float], shape: Shape(3)))
        let loss = WeightedLoss(sum: sum(square(x)), weight: 3)
        #expect(loss.sumValue == 21 && loss.mean == 7)
        tape.backward(from: loss.sum)
        #expect(tape.gradient(of: x)?.floatArray == [2, -4, 8])
    }
}
