import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// y = x / (1 - p) with probability 1 - p, else 0, in training; y = x in inference. Any shape.
///
/// Draws are keyed by seed, step, shard, layer and element, so backward draws the mask again instead of
/// storing it. Source: Srivastava et al.: Dropout, 2014 (inverted form).
/// - Parameters:
///   - probability: p, in [0, 1).
///   - layer: the number of the layer, from `ParameterScope.randomLayerNumber`.
public func dropout(_ x: Variable, probability: Float, layer: UInt64) -> Variable {
    contract(
        probability >= 0 && probability < 1, "dropout\(x.place): probability \(probability) is not in [0, 1)")
    let tape = x.tape
    guard tape.mode == .training, probability > 0 else { return x }
    let key = DropoutOperation.Key(shape: x.shape, probability: probability, layer: layer)
    let operation = tape.operation(DropoutOperation.self, key: key) { DropoutOperation(key: $0) }
    let y = tape.pool.tensor(x.shape, x.value.dtype)
    operation.draw(tape.draws.key(.dropout, layer: layer), x.value, y)
    return tape.record(operation, inputs: x, output: y)
}

/// The operation behind `dropout`.
final class DropoutOperation: DifferentiableOperation {
    struct Key: Equatable {
        var shape: Shape
        var probability: Float
        var layer: UInt64
    }

    let key: Key
    private let threshold: UInt32
    private let scale: Float
    private var drawn = RandomKey(seed: 0, purpose: .dropout)

    init(key: Key) {
        self.key = key
        let keep = 1 - Double(key.probability)
        threshold = UInt32(min(keep * 0x1p32, 0x1p32 - 1))
        scale = Float(1 / keep)
    }

    func draw(_ random: RandomKey, _ x: Tensor, _ y: Tensor) {
        drawn = random
        let count = y.elementCount
        if y.dtype == .bfloat16 {
            lockstep_dropout_bfloat16(
                y.bfloat16s, x.bfloat16s, count, random.key, random.stream, threshold, scale)
        } else {
            lockstep_dropout(y.floats, x.floats, count, random.key, random.stream, threshold, scale)
        }
    }

    func backward(_ context: BackwardContext) {
        context.write(0) { draw(drawn, context.outputGradient, $0) }
    }

    func release() {}
}
