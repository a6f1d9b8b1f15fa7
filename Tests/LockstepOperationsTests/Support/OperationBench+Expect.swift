import LockstepAutograd
import LockstepTensors
import LockstepTesting
import Testing

extension OperationBench {
    /// Expects each input's gradient of sum(y * upstream) along a random direction to be that of central differences.
    mutating func expectGradientMatchesDifferences(
        _ inputs: [String: Tensor], upstream: Tensor, mode: Tape.Mode = .training, step: Float = 1e-2,
        tolerance: Double = 1e-3, _ what: String, _ body: Body
    ) {
        for mismatch in gradientMismatches(
            inputs, upstream: upstream, mode: mode, step: step, tolerance: tolerance, body)
        {
            Issue.record("\(what), \(mismatch)")
        }
    }
}
