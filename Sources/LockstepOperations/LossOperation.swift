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

    /// Records a loss of `x` [N, ...] with a factor for each row's loss, gradient and weight. A row whose factor is 0 is left out.
    ///
    /// - Parameters:
    ///   - sampleWeights: shape [rows]; nil for 1.
    ///   - compute: the loss of some rows, with the buffer of their gradient, or nil if none is needed.
    static func record(
        _ x: Variable, rows: Int, _ sampleWeights: Tensor?, _ name: StaticString,
        _ compute: (UnsafeMutablePointer<Float>?, Range<Int>) -> lockstep_loss
    ) -> (WeightedLoss, lockstep_loss) {
        guard let sampleWeights else { return record(x) { compute($0, 0..<rows) } }
        guard sampleWeights.elementCount == rows, sampleWeights.dtype == .float32 else {
            brokenContract(
                "\(name)\(x.place): sample weights \(sampleWeights.shape) of \(sampleWeights.dtype) elements for x \(x.shape)"
            )
        }
        let columns = rows == 0 ? 0 : x.shape.elementCount / rows
        return record(x) { gradient in
            var all = lockstep_loss(sum: 0, weight: 0, bad_row: -1)
            for row in 0..<rows {
                let weight = sampleWeights.floats[row]
                let place = gradient.map { $0 + row * columns }
                guard weight != 0 else {
                    place?.update(repeating: 0, count: columns)
                    continue
                }
                let loss = compute(place, row..<row + 1)
                all.sum += Double(weight) * loss.sum
                all.weight += Double(weight) * loss.weight
                if loss.bad_row >= 0, all.bad_row < 0 { all.bad_row = row }
                if let place { lockstep_scale(place, place, columns, weight) }
            }
            return all
        }
    }

    func backward(_ context: BackwardContext) {
        guard let gradient else { brokenContract("loss: backward without forward") }
        let seed = context.outputGradient.floats[0]
        if seed == 1 { return context.passThrough(0, gradient) }
        context.write(0) { lockstep_scale($0.floats, gradient.floats, gradient.elementCount, seed) }
    }

    func release() { gradient = nil }
}
