import LockstepAutograd
import LockstepOperations
import LockstepTensors
import LockstepTesting
import Testing

/// Numbers of rows and channels that fill the vectors of the kernels, and others, against sums in double precision.
@Suite struct BatchNormalizationShapeTests {
    private static let channels = [1, 3, 8, 15, 16, 17, 24, 64, 80, 130]

    @Test(arguments: channels, [6, 8, 16, 37, 1030]) func equalsSumsInDouble(channels: Int, rows: Int) {
        for activation in [FusedActivation.none, .relu] { check(rows, channels, activation, .float32) }
        check(rows, channels, .relu, .bfloat16)
    }

    private func check(_ rows: Int, _ channels: Int, _ activation: FusedActivation, _ dtype: DType) {
        let shape = Shape(rows, channels)
        let (x, upstream) = (filled(shape, seed: 1), filled(shape, seed: 2))
        // Far from zero, so that a variance from the mean square would lose digits.
        for index in 0..<x.elementCount { x.floats[index] += 4 }
        if dtype == .bfloat16 {
            for tensor in [x, upstream] { round(tensor) }
        }
        let inputs = [
            "x": x, "scale": filled(Shape(channels), seed: 3), "shift": filled(Shape(channels), seed: 4),
        ]
        var bench = OperationBench(inputs: inputs, parameterNames: ["scale", "shift"]) { scope in
            _ = scope["norm"].runningStatistics(channels: channels, momentum: 0.1)
        }
        guard let statistics = bench.runningStatistics else { preconditionFailure("no statistics") }
        let result = bench.run(inputs, upstream: upstream) { _, variables in
            guard let x = variables["x"], let scale = variables["scale"], let shift = variables["shift"]
            else { preconditionFailure("inputs are missing") }
            let input = dtype == .bfloat16 ? cast(x, to: .bfloat16) : x
            let y = batchNorm(
                input, scale: scale, shift: shift, statistics: statistics, activation: activation)
            return dtype == .bfloat16 ? cast(y, to: .float32) : y
        }
        let expected = reference(inputs, upstream, activation == .relu)
        let what = "\(rows) x \(channels), \(activation), \(dtype)"
        let rounding = dtype == .bfloat16 ? 1.0 / 256 : 1e-5
        expectClose(result.y, expected.y, "y, \(what)", tolerance: rounding)
        for (name, tensor) in expected.gradients {
            guard let gradient = result.gradients[name] else { preconditionFailure("no gradient of \(name)") }
            expectClose(gradient, tensor, "\(name), \(what)", tolerance: name == "x" ? 4 * rounding : 4e-5)
        }
        let sums = bench.statistics.floats + statistics.statisticsOffset
        for channel in 0..<channels {
            #expect(abs(sums[channel] / Float(rows) - Float(expected.means[channel])) < 1e-5, "\(what)")
        }
    }

    /// To the nearest number of bfloat16.
    private func round(_ tensor: Tensor) {
        for index in 0..<tensor.elementCount {
            let bits = tensor.floats[index].bitPattern
            tensor.floats[index] = Float(bitPattern: (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF_0000)
        }
    }

    private func reference(
        _ inputs: [String: Tensor], _ upstream: Tensor, _ hasReLU: Bool
    ) -> (y: Tensor, gradients: [String: Tensor], means: [Double]) {
        guard let x = inputs["x"], let scale = inputs["scale"], let shift = inputs["shift"] else {
            preconditionFailure("inputs are missing")
        }
        let (rows, channels) = (x.shape[0], x.shape[1])
        let (y, dx) = (Tensor(zeros: x.shape), Tensor(zeros: x.shape))
        let (dScale, dShift) = (Tensor(zeros: scale.shape), Tensor(zeros: scale.shape))
        var means: [Double] = []
        for channel in 0..<channels {
            func value(_ tensor: Tensor, _ row: Int) -> Double {
                Double(tensor.floats[row * channels + channel])
            }
            let n = Double(rows)
            let mean = (0..<rows).reduce(0) { $0 + value(x, $1) } / n
            let variance =
                (0..<rows).reduce(0) { $0 + (value(x, $1) - mean) * (value(x, $1) - mean) } / n
            let root = 1 / (variance + Double(Float(1e-5))).squareRoot()
            let (factor, offset) = (Double(scale.floats[channel]), Double(shift.floats[channel]))
            let normal = (0..<rows).map { (value(x, $0) - mean) * root }
            let z = normal.map { factor * $0 + offset }
            let dz = (0..<rows).map { hasReLU && z[$0] <= 0 ? 0 : value(upstream, $0) }
            let sum = dz.reduce(0, +)
            let product = zip(dz, normal).reduce(0) { $0 + $1.0 * $1.1 }
            for row in 0..<rows {
                y.floats[row * channels + channel] = Float(hasReLU ? max(0, z[row]) : z[row])
                dx.floats[row * channels + channel] = Float(
                    factor * root * (dz[row] - sum / n - normal[row] * product / n))
            }
            dScale.floats[channel] = Float(product)
            dShift.floats[channel] = Float(sum)
            means.append(mean)
        }
        return (y, ["x": dx, "scale": dScale, "shift": dShift], means)
    }
}
