import LockstepAutograd
import LockstepOperations
import LockstepTensors
import LockstepTesting
import Testing

/// Convolutions over small images, where kernels reach far into the padding, against plain loops in double precision; the memory
/// that they get is full of NaN.
@Suite struct Conv2DSweepTests {
    struct Case {
        var height: Int
        var width: Int
        var kernel: Extent2D
        var stride: Extent2D
        var padding: Extent2D
        var dilation: Int
        /// Channels, outputs, groups: plain, grouped, depthwise.
        var channels: (Int, Int, Int)
        var dtype: DType

        var output: Extent2D {
            Extent2D(
                height: extent(height, kernel.height, stride.height, padding.height),
                width: extent(width, kernel.width, stride.width, padding.width))
        }

        private func extent(_ size: Int, _ kernel: Int, _ stride: Int, _ padding: Int) -> Int {
            let room = size + 2 * padding - dilation * (kernel - 1) - 1
            return room < 0 ? 0 : room / stride + 1
        }
    }

    /// Extents x kernels x strides x paddings x dilations x kinds x types, without those that have no place.
    static func cases(heights: [Int], widths: [Int], strides: [Int]) -> [Case] {
        var result: [Case] = []
        for dtype in ComputeLibrary.hasBFloat16 ? [DType.float32, .bfloat16] : [.float32] {
            for channels in [(16, 32, 1), (3, 5, 1), (32, 32, 2), (32, 32, 32)] {
                for (height, width) in heights.flatMap({ h in widths.map { (h, $0) } }) {
                    for kernel in [1, 2, 3, 5] {
                        for stride in strides {
                            for padding in 0...kernel / 2 {
                                for dilation in kernel == 3 ? [1, 2] : [1] {
                                    result.append(
                                        Case(
                                            height: height, width: width, kernel: Extent2D(kernel),
                                            stride: Extent2D(stride), padding: Extent2D(padding * dilation),
                                            dilation: dilation, channels: channels, dtype: dtype))
                                }
                            }
                        }
                    }
                }
            }
        }
        return result.filter { $0.output.height > 0 && $0.output.width > 0 }
    }

    @Test func equalsPlainLoops() {
        for test in Self.cases(heights: [1, 3], widths: [1, 2], strides: [1, 2, 3]) { compare(test) }
    }

    @Test(.enabled(if: TestScope.isWhole)) func equalsPlainLoopsForMoreExtents() {
        for test in Self.cases(heights: [1, 2, 3, 4], widths: [1, 2, 3, 5], strides: [1, 2, 3, 4]) {
            compare(test)
        }
    }

    private func compare(_ test: Case) {
        let (channels, outputs, groups) = test.channels
        let inputs = [
            "x": rounded(filled(Shape(2, test.height, test.width, channels))),
            "weight": rounded(
                filled(Shape(outputs, channels / groups, test.kernel.height, test.kernel.width))),
            "bias": filled(Shape(outputs)),
        ]
        let upstream = rounded(filled(Shape(2, test.output.height, test.output.width, outputs), seed: 2))
        let precision: Precision = test.dtype == .bfloat16 ? .bfloat16 : .float32
        var bench = OperationBench(
            inputs: inputs, parameterNames: ["weight", "bias"], precision: precision,
            pool: StoragePool(poison: 0xFF))
        let result = bench.run(inputs, upstream: upstream) { _, variables in
            guard let x = variables["x"], let weight = variables["weight"] else { fatalError() }
            let y = conv2d(
                x, weight: weight, bias: variables["bias"], stride: test.stride, padding: test.padding,
                dilation: Extent2D(test.dilation), groups: groups)
            return cast(y, to: .float32)
        }
        let expected = PlainConvolution(test, inputs, upstream)
        // Results are rounded to bfloat16; gradients of weights and biases are not, and come from rounded numbers.
        let tolerance = test.dtype == .bfloat16 ? 5e-3 : 1e-5
        expectClose(result.y, expected.y, "y of \(test)", tolerance: tolerance)
        for (name, gradient) in expected.gradients {
            guard let actual = result.gradients[name] else { fatalError("no gradient of \(name)") }
            expectClose(
                actual, gradient, "gradient of \(name), \(test)", tolerance: name == "x" ? tolerance : 1e-5)
            // What sees padding alone is exactly zero.
            let differs = zip(actual.floatArray, gradient.floatArray).contains { $1 == 0 && $0 != 0 }
            #expect(!differs, "zeros in the gradient of \(name), \(test)")
        }
    }

    /// The numbers as bfloat16 has them.
    private func rounded(_ tensor: Tensor) -> Tensor {
        for i in 0..<tensor.elementCount {
            tensor.floats[i] = Float(bitPattern: tensor.floats[i].bitPattern & 0xFFFF_0000)
        }
        return tensor
    }
}

/// A convolution and its gradients by their definition.
private struct PlainConvolution {
    var y: Tensor
    var gradients: [String: Tensor]

    init(_ test: Conv2DSweepTests.Case, _ inputs: [String: Tensor], _ upstream: Tensor) {
        guard let x = inputs["x"], let weight = inputs["weight"], let bias = inputs["bias"] else {
            fatalError()
        }
        let (channels, outputs, groups) = test.channels
        let (depth, width) = (channels / groups, outputs / groups)
        var y = [Double](repeating: 0, count: upstream.elementCount)
        var dx = [Double](repeating: 0, count: x.elementCount)
        var dWeight = [Double](repeating: 0, count: weight.elementCount)
        var dBias = [Double](repeating: 0, count: outputs)
        for n in 0..<2 {
            for row in 0..<test.output.height {
                for column in 0..<test.output.width {
                    let place = ((n * test.output.height + row) * test.output.width + column) * outputs
                    for o in 0..<outputs {
                        y[place + o] += Double(bias.floats[o])
                        dBias[o] += Double(upstream.floats[place + o])
                    }
                    for kernelRow in 0..<test.kernel.height {
                        let h = row * test.stride.height - test.padding.height + kernelRow * test.dilation
                        guard h >= 0, h < test.height else { continue }
                        for kernelColumn in 0..<test.kernel.width {
                            let w =
                                column * test.stride.width - test.padding.width + kernelColumn * test.dilation
                            guard w >= 0, w < test.width else { continue }
                            let source = ((n * test.height + h) * test.width + w) * channels
                            for o in 0..<outputs {
                                let dy = Double(upstream.floats[place + o])
                                for c in 0..<depth {
                                    let i = source + o / width * depth + c
                                    let tap =
                                        ((o * depth + c) * test.kernel.height + kernelRow)
                                        * test.kernel.width + kernelColumn
                                    y[place + o] += Double(x.floats[i]) * Double(weight.floats[tap])
                                    dx[i] += dy * Double(weight.floats[tap])
                                    dWeight[tap] += dy * Double(x.floats[i])
                                }
                            }
                        }
                    }
                }
            }
        }
        self.y = Tensor(y.map { Float($0) }, shape: upstream.shape)
        gradients = [
            "x": Tensor(dx.map { Float($0) }, shape: x.shape),
            "weight": Tensor(dWeight.map { Float($0) }, shape: weight.shape),
            "bias": Tensor(dBias.map { Float($0) }, shape: Shape(outputs)),
        ]
    }
}
