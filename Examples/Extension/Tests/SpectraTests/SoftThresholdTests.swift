import Lockstep
import LockstepTesting
import Testing

@testable import Spectra

@Test func gradientsOfSoftThreshold() throws {
    let inputs = ["x": randomTensor([8, 5]), "threshold": Tensor([0.1, 0.2, 0.3, 0.4, 0.5], shape: [5])]
    let wrong = gradientMismatches(inputs, parameters: ["threshold"]) { _, operands in
        softThreshold(operands["x"]!, operands["threshold"]!)
    }
    #expect(wrong.isEmpty, "\(wrong)")
}

@Test func valuesOfSoftThreshold() throws {
    let inputs = [
        "x": Tensor([3.0, -3.0, 0.5, -0.5], shape: [2, 2]), "threshold": Tensor([1.0, 2.0], shape: [2]),
    ]
    var bench = OperationBench(inputs: inputs, parameterNames: ["threshold"])
    let y = bench.output(inputs) { _, operands in softThreshold(operands["x"]!, operands["threshold"]!) }
    #expect(y.floatArray == [2, -1, 0, 0])
}
