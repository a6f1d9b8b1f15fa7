import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// The operation behind all losses: forward computes the sum and, in the same pass, its gradient.
final class LossOperation: DifferentiableOperation {
    struct Key: Equatable { var shape: Shape }

    let key: Key
    private var gradient: Tensor?

    init(key: Key) { self.key = key }

    /// Records a loss of `x` [N, ...]; `compute` receives the buffer of the gradient, or nil if none is
    /// needed.
    static func record(
        _ x: Variable, _ compute: (UnsafeMutablePointer<Float>?) -> lockstep_loss
    ) -> (WeightedLoss, lockstep_loss) {
        let tape = x.tape
        let operation = tape.operation(LossOperation.self, key: .init(shape: x.shape)) {
            LossOperation(key: $0)
        }
        let place = x.requiresGradient ? tape.pool.tensor(x.shape) : nil
        let loss = compute(place?.floats)
        operation.gradient = place
        let y = tape.pool.tensor(Shape(1))
        y.floats[0] = Float(loss.sum)
        let sum = tape.record(operation, inputs: x, output: y)
        return (WeightedLoss(sum: sum, sumValue: loss.sum, weight: loss.weight), loss)
    }

    func backward(_ context: BackwardContext) {
        guard let gradient else { brokenContract("loss: backward without forward") }
        let seed = context.outputGradient.floats[0]
        if seed == 1 { return context.passThrough(0, gradient) }
        context.write(0) { lockstep_scale($0.floats, gradient.floats, gradient.elementCount, seed) }
    }

    func release() { gradient = nil }
}
