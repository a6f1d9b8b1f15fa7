import CKernels
import LockstepAutograd
import LockstepTensors

/// An operand of an elementwise operation that may be repeated along some dimensions: its gradient is the sum
/// over them.
struct RepeatedOperand {
    /// The sum over the repetitions; nil if the operand has the result's shape.
    private let sum: lockstep_axes?
    private let result: Shape
    private let dtype: DType

    /// An operand of `shape` in a result of the shape `result`; gradients are computed in `dtype`.
    init(_ shape: Shape, in result: Shape, _ dtype: DType) {
        self.result = result
        self.dtype = dtype
        let repeated = shape.repeatedDimensions(in: result)
        sum =
            repeated == 0
            ? nil : lockstep_axes_make(Int32(result.rank), result.kernelExtents, repeated)
    }

    /// Whether the operand is not repeated, so that its gradient needs no sum.
    var isWhole: Bool { sum == nil }

    /// Writes the gradient of an input; `body` computes it with the result's shape, before the sum.
    func write(_ context: BackwardContext, _ input: Int, _ body: (Tensor) -> Void) {
        guard context.needsGradient(input) else { return }
        guard var sum else { return context.write(input, as: dtype, body) }
        let whole = context.pool.tensor(result, dtype)
        body(whole)
        context.write(input, as: .float32) { place in
            lockstep_axes_sum(&sum, place.floats, whole.address, 1, dtype == .bfloat16 ? 1 : 0)
        }
    }

    /// Writes the gradient of an input from a gradient that already has the result's shape.
    func pass(_ context: BackwardContext, _ input: Int, _ gradient: Tensor) {
        guard context.needsGradient(input) else { return }
        guard var sum else { return context.passThrough(input, gradient) }
        context.write(input, as: .float32) { place in
            lockstep_axes_sum(&sum, place.floats, gradient.address, 1, dtype == .bfloat16 ? 1 : 0)
        }
    }
}

extension BackwardContext {
    /// `write` for a body that computes in `dtype`: if the input's gradient has another type it is converted.
    /// (The gradient of a parameter is float32, even if its value is bfloat16.)
    func write(_ input: Int, as dtype: DType, _ body: (Tensor) -> Void) {
        write(input) { place in
            if place.dtype == dtype { return body(place) }
            let temporary = pool.tensor(place.shape, dtype)
            body(temporary)
            place.convert(from: temporary)
        }
    }
}
