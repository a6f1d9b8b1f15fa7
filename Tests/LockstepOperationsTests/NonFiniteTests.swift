import LockstepAutograd
import LockstepOperations
import LockstepTensors
import Testing

/// NaN and infinity in an operand go where PyTorch lets them go, forward and backward.
@Suite struct NonFiniteTests {
    /// Names are `<operation>: <number> in <operand>`.
    private static func entry(_ golden: GoldenCase) -> OperationTable.Entry? {
        OperationTable.entries.first { golden.name.hasPrefix($0.name + ": ") }
    }

    /// x Phi(x) and its derivative have their limits at infinity here, and are NaN in PyTorch. The gradient of a leaky ReLU of NaN is
    /// finite in both, with the slope in PyTorch and without it here.
    private static let left = [
        "gelu: inf in x", "gelu: -inf in x", "gelu by tanh: inf in x", "gelu by tanh: -inf in x",
        "leaky relu: nan in x",
    ]

    @Test(arguments: GoldenCase.load("nonfinite").filter { !left.contains($0.name) })
    func equalsPyTorch(_ golden: GoldenCase) throws {
        let entry = try #require(Self.entry(golden))
        let inputs = golden.inputs(Array(entry.inputs.keys))
        let result = entry.run(inputs, upstream: golden.tensor("upstream"), pool: StoragePool())
        expectEqual(result.y, golden.tensor("y"), "y")
        for name in inputs.keys {
            let gradient = try #require(result.gradients[name])
            expectEqual(gradient, golden.tensor("d_" + name), "gradient of \(name)")
        }
    }

    /// In bfloat16 the same numbers are NaN.
    @Test(
        .enabled(if: ComputeLibrary.hasBFloat16),
        arguments: GoldenCase.load("nonfinite").filter { $0.name.contains(": nan in ") })
    func equalsPyTorchInBFloat16(_ golden: GoldenCase) throws {
        let entry = try #require(Self.entry(golden))
        guard entry.hasBFloat16 else { return }
        let inputs = golden.inputs(Array(entry.inputs.keys))
        let result = entry.run(
            inputs, upstream: golden.tensor("upstream"), precision: .bfloat16, pool: StoragePool())
        #expect(result.y.floatArray.map(\.isNaN) == golden.tensor("y").floatArray.map(\.isNaN), "y")
        for name in inputs.keys {
            let gradient = try #require(result.gradients[name])
            #expect(
                gradient.floatArray.map(\.isNaN) == golden.tensor("d_" + name).floatArray.map(\.isNaN),
                "gradient of \(name)")
        }
    }

    /// The first state is zero: its product with the weights is not computed. All later ones are.
    @Test(arguments: ["recurrent tanh", "recurrent relu", "lstm", "gru"])
    func laterStatesShowWeightsOfStates(_ name: String) throws {
        let entry = try #require(OperationTable.entries.first { $0.name == name })
        let inputs = entry.inputs.mapValues { filled($0) }
        for i in 0..<6 { inputs["weight_hh"]?.floats[i] = .nan }
        let result = entry.run(inputs, upstream: nil, pool: StoragePool())
        #expect((0..<18).allSatisfy { result.y.floats[$0].isFinite })
        #expect(result.y.floatArray[18...].contains { !$0.isFinite })
        #expect(result.gradients["x"]?.floatArray.contains { !$0.isFinite } == true)
        #expect(result.gradients["weight_hh"]?.floatArray.contains { $0.isNaN } == true)
    }

    /// Winograd's algorithm mixes the numbers of a tile: NaN may be in more elements than PyTorch's, and is in all of those.
    @Test func winogradKeepsNaN() throws {
        let entry = try #require(OperationTable.entries.first { $0.name.contains("many channels") })
        var inputs = entry.inputs.mapValues { filled($0) }
        let x = try #require(inputs["x"])
        x.floats[(3 * 16 + 5) * 32 + 7] = .nan
        inputs["x"] = x
        let y = entry.run(inputs, upstream: nil, pool: StoragePool()).y
        for row in 2...4 {
            for column in 4...6 {
                for channel in 0..<32 { #expect(y.floats[(row * 16 + column) * 32 + channel].isNaN) }
            }
        }
        #expect(y.floats[(15 * 16 + 15) * 32].isFinite)
    }

    /// A product with the mask is NaN where the number is not finite, dropped or not.
    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func dropoutDropsNothingThatIsNotFinite(_ value: Float) {
        let x = Tensor([Float](repeating: value, count: 40), shape: [40])
        for precision in [Precision.float32, .bfloat16] {
            let entry = OperationTable.entries.first { $0.name == "dropout" }
            let ones = Tensor([Float](repeating: 1, count: 40), shape: [40])
            let y = entry?.run(["x": x], upstream: ones, precision: precision, pool: StoragePool()).y
            #expect(y?.floatArray.allSatisfy { !$0.isFinite } == true)
            #expect(y?.floatArray.contains { $0.isNaN } == true)
        }
    }

    private func expectEqual(_ actual: Tensor, _ expected: Tensor, _ what: String) {
        #expect(actual.shape == expected.shape, "\(what)")
        let pairs = zip(actual.floatArray, expected.floatArray)
        let scale = max(1, expected.floatArray.filter(\.isFinite).map(\.magnitude).max() ?? 0)
        let wrong = pairs.filter { mine, theirs in
            theirs.isFinite
                ? !((mine - theirs).magnitude <= 1e-5 * scale)
                : theirs.isNaN ? !mine.isNaN : mine != theirs
        }
        #expect(wrong.isEmpty, "\(what)")
    }
}
