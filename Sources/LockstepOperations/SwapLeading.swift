import Glibc
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// Swaps the first two dimensions: [A, B, ...] to [B, A, ...], for example samples first to time first. Any
/// type.
public func swapLeading(_ x: Variable) -> Variable {
    guard x.shape.rank >= 2 else {
        brokenContract("swapLeading\(x.place): x \(x.shape) has no two dimensions")
    }
    let tape = x.tape
    let operation = tape.operation(SwapLeadingOperation.self, key: .init()) { SwapLeadingOperation(key: $0) }
    var shape = x.shape
    (shape[0], shape[1]) = (shape[1], shape[0])
    let y = tape.pool.tensor(shape, x.value.dtype)
    SwapLeadingOperation.copy(x.value, to: y)
    return tape.record(operation, inputs: x, output: y)
}

/// The operation behind `swapLeading`; it is its own backward.
final class SwapLeadingOperation: DifferentiableOperation {
    struct Key: Equatable {}

    let key: Key

    init(key: Key) { self.key = key }

    /// x [A, B, ...] -> y [B, A, ...].
    static func copy(_ x: Tensor, to y: Tensor) {
        let (outer, inner) = (x.shape[0], x.shape[1])
        guard x.elementCount > 0 else { return }
        let bytes = x.byteCount / (outer * inner)
        for b in 0..<inner {
            for a in 0..<outer {
                memcpy(y.address + (b * outer + a) * bytes, x.address + (a * inner + b) * bytes, bytes)
            }
        }
    }

    func backward(_ context: BackwardContext) {
        context.write(0) { SwapLeadingOperation.copy(context.outputGradient, to: $0) }
    }

    func release() {}
}
