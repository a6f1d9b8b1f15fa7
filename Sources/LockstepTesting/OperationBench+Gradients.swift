import LockstepAutograd
import LockstepTensors

extension OperationBench {
    /// Compares each input's gradient of sum(y * upstream), along a random direction, with central differences in double.
    ///
    /// For a direction d and a step h it expects |f(x + h d) - f(x - h d) - g * 2 h d| to be at most `tolerance` times
    /// the sum of |g_i 2 h d_i|. Elements of y that are 0 on one side only are left out of f: the kink of a ReLU lies in between.
    /// - Parameters:
    ///   - inputs: float32 tensors by name, of the shapes that the bench was made for.
    ///   - upstream: the gradient of the loss with respect to y, like y.
    ///   - step: h; float32 needs steps of about 0.01.
    ///   - tolerance: the largest relative error.
    /// - Returns: the inputs whose gradient is wrong or missing, in the order of their names; empty if all are right.
    public mutating func gradientMismatches(
        _ inputs: [String: Tensor], upstream: Tensor, mode: Tape.Mode = .training, step: Float = 1e-2,
        tolerance: Double = 1e-3, _ body: Body
    ) -> [GradientMismatch] {
        var mismatches: [GradientMismatch] = []
        for (number, name) in inputs.keys.sorted().enumerated() {
            guard let x = inputs[name] else { continue }
            let (above, below) = (copy(x), copy(x))
            let key = RandomKey(seed: 11, purpose: .test, layer: UInt64(number))
            for i in 0..<x.elementCount {
                let direction = key.normal(UInt64(i))
                above.floats[i] += step * direction
                below.floats[i] -= step * direction
            }
            let yAbove = output(inputs.merging([name: above]) { $1 }, mode: mode, body)
            let yBelow = output(inputs.merging([name: below]) { $1 }, mode: mode, body)
            let weights = copy(upstream)
            var difference = 0.0
            for i in 0..<weights.elementCount {
                if (yAbove.floats[i] == 0) != (yBelow.floats[i] == 0) { weights.floats[i] = 0 }
                let change = Double(yAbove.floats[i]) - Double(yBelow.floats[i])
                difference += Double(weights.floats[i]) * change
            }
            guard let gradient = run(inputs, upstream: weights, mode: mode, body).gradients[name] else {
                mismatches.append(GradientMismatch(input: name, gradient: nil, difference: difference))
                continue
            }
            var (expected, size) = (0.0, 1e-3 * Double(step))
            for i in 0..<x.elementCount {
                // How far the two points are apart after rounding.
                let distance = Double(above.floats[i]) - Double(below.floats[i])
                expected += Double(gradient.floats[i]) * distance
                size += abs(Double(gradient.floats[i]) * distance)
            }
            // Written so that NaN is a mismatch.
            if !(abs(difference - expected) <= tolerance * size) {
                mismatches.append(GradientMismatch(input: name, gradient: expected, difference: difference))
            }
        }
        return mismatches
    }
}

/// Checks the gradients of an operation, a layer or a loss: the short form of `OperationBench` for one function.
///
/// ```swift
/// @Test func gradients() {
///     let wrong = gradientMismatches(
///         ["x": randomTensor([4, 7]), "threshold": randomTensor([7])], parameters: ["threshold"]
///     ) { tape, operands in softThreshold(operands["x"]!, operands["threshold"]!) }
///     #expect(wrong.isEmpty, "\(wrong)")
/// }
/// ```
/// - Parameters:
///   - inputs: float32 tensors by name.
///   - parameters: which of them are parameters; gradients of the others go to the tape's inputs.
///   - step: the step of the differences.
///   - tolerance: the largest relative error.
///   - body: the function; its output y is float32 of any shape. It is checked as sum(y * random weights).
/// - Returns: the inputs whose gradient is wrong or missing; empty if all are right.
public func gradientMismatches(
    _ inputs: [String: Tensor], parameters: [String] = [], mode: Tape.Mode = .training, step: Float = 1e-2,
    tolerance: Double = 1e-3, _ body: OperationBench.Body
) -> [GradientMismatch] {
    var bench = OperationBench(inputs: inputs, parameterNames: parameters)
    let upstream = randomTensor(bench.output(inputs, mode: mode, body).shape, seed: 9)
    return bench.gradientMismatches(
        inputs, upstream: upstream, mode: mode, step: step, tolerance: tolerance, body)
}

/// A float32 tensor of standard normal numbers that depend on its size and the seed alone.
public func randomTensor(_ shape: Shape, seed: UInt64 = 1) -> Tensor {
    let result = Tensor(zeros: shape)
    let key = RandomKey(seed: seed, purpose: .test, layer: UInt64(shape.elementCount))
    for i in 0..<shape.elementCount { result.floats[i] = key.normal(UInt64(i)) }
    return result
}
