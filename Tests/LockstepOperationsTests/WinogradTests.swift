import LockstepAutograd
import LockstepOperations
import LockstepTensors
import LockstepTesting
import Testing

/// Convolutions that are large enough for Winograd's algorithm, against plain loops in double.
@Suite struct WinogradTests {
    /// x [N, H, W, C], W [O, C, 3, 3], with padding 1; the sums of y [N, H, W, O] and of the gradients.
    private struct Reference {
        var y: [Double]
        var dx: [Double]
        var dWeight: [Double]
        var dBias: [Double]

        init(_ x: Tensor, _ weight: Tensor, _ bias: Tensor?, upstream: Tensor, relu: Bool) {
            let (n, h, w, c, o) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3], weight.shape[0])
            let (input, kernels, dy) = (x.floats, weight.floats, upstream.floats)
            y = [Double](repeating: 0, count: n * h * w * o)
            dx = [Double](repeating: 0, count: x.elementCount)
            dWeight = [Double](repeating: 0, count: weight.elementCount)
            dBias = [Double](repeating: 0, count: o)
            // [3, 3, O, C]: the innermost loop runs over neighbors.
            var turned = [Double](repeating: 0, count: weight.elementCount)
            var dTurned = turned
            for i in 0..<weight.elementCount {
                turned[(i % 9 * o + i / 9 / c) * c + i / 9 % c] = Double(kernels[i])
            }
            for pass in 0..<2 {
                for place in 0..<n * h * w {
                    let (sample, row, column) = (place / (h * w), place / w % h, place % w)
                    for output in 0..<o {
                        var sum = Double(bias?.floats[output] ?? 0)
                        let isOff = relu && pass == 1 && y[place * o + output] <= 0
                        let d = isOff ? 0 : Double(dy[place * o + output])
                        if pass == 1 { dBias[output] += d }
                        for tap in 0..<9 {
                            let (r, k) = (row + tap / 3 - 1, column + tap % 3 - 1)
                            guard r >= 0, r < h, k >= 0, k < w else { continue }
                            let from = ((sample * h + r) * w + k) * c
                            let at = (tap * o + output) * c
                            if pass == 0 {
                                for i in 0..<c { sum += Double(input[from + i]) * turned[at + i] }
                            } else {
                                for i in 0..<c {
                                    dx[from + i] += d * turned[at + i]
                                    dTurned[at + i] += d * Double(input[from + i])
                                }
                            }
                        }
                        if pass == 0 { y[place * o + output] = relu ? max(sum, 0) : sum }
                    }
                }
            }
            for i in 0..<weight.elementCount {
                dWeight[i] = dTurned[(i % 9 * o + i / 9 / c) * c + i / 9 % c]
            }
        }
    }

    private func tensor(_ numbers: [Double], _ shape: Shape) -> Tensor {
        Tensor(numbers.map { Float($0) }, shape: shape)
    }

    /// Whole tiles, tiles cut at both edges, and channels that are no power of two.
    @Test(arguments: [
        (4, 16, 16, 32, 32, true, true), (2, 22, 23, 48, 32, true, false), (16, 7, 8, 32, 64, false, false),
    ])
    func followsPlainLoops(
        _ n: Int, _ h: Int, _ w: Int, _ c: Int, _ o: Int, _ hasBias: Bool, _ relu: Bool
    ) {
        var inputs = ["x": filled(Shape(n, h, w, c)), "weight": filled(Shape(o, c, 3, 3))]
        if hasBias { inputs["bias"] = filled(Shape(o)) }
        let upstream = filled(Shape(n, h, w, o))
        guard let x = inputs["x"], let weight = inputs["weight"] else { return }
        let expected = Reference(x, weight, inputs["bias"], upstream: upstream, relu: relu)
        var bench = OperationBench(inputs: inputs, parameterNames: ["weight", "bias"])
        for _ in 0..<2 {
            let result = bench.run(inputs, upstream: upstream) { _, variables in
                guard let x = variables["x"], let weight = variables["weight"] else { fatalError() }
                return conv2d(
                    x, weight: weight, bias: variables["bias"], padding: 1,
                    activation: relu ? .relu : .none)
            }
            expectClose(result.y, tensor(expected.y, upstream.shape), "y", tolerance: 3e-6)
            let gradients = [
                ("x", expected.dx, x.shape), ("weight", expected.dWeight, weight.shape),
                ("bias", expected.dBias, Shape(o)),
            ]
            for (name, numbers, shape) in gradients where inputs[name] != nil {
                guard let gradient = result.gradients[name] else { preconditionFailure("no d_\(name)") }
                // A ReLU's kink may show where a sum is nearly 0: one number of dy more or less.
                expectClose(gradient, tensor(numbers, shape), "gradient of \(name)", tolerance: 3e-5)
            }
        }
    }
}
