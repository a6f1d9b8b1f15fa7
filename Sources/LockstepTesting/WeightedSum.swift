import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// loss = sum(y * upstream): turns any operation into something that can be differentiated.
final class WeightedSum: DifferentiableOperation {
    struct Key: Equatable {}
    let key = Key()
    /// The weights, like y.
    var upstream: Tensor?

    func backward(_ context: BackwardContext) {
        guard let upstream else { brokenContract("WeightedSum: backward without upstream gradient") }
        context.write(0) { destination in
            for i in 0..<upstream.elementCount {
                destination.floats[i] = context.outputGradient.floats[0] * upstream.floats[i]
            }
        }
    }

    func release() { upstream = nil }
}
