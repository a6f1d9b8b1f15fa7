import CKernels
import LockstepAutograd
import LockstepTensors

/// y = the sum over some axes, which are removed or, with `keepsDimensions`, kept with an extent of 1.
///
/// Shapes: x of any rank, float32 or bfloat16; y float32. [a, b, c] over `Axes(0, -1)` gives [b], or [1, b,
/// 1]. Sums run in a fixed order in double precision. Traps on missing axes.
public func sum(_ x: Variable, over axes: Axes, keepsDimensions: Bool = false) -> Variable {
    reduce(.sum, x, axes, keepsDimensions)
}

/// y = the mean over some axes; see `sum`. NaN without elements.
public func mean(_ x: Variable, over axes: Axes, keepsDimensions: Bool = false) -> Variable {
    reduce(.mean, x, axes, keepsDimensions)
}

/// y = the maximum over some axes; see `sum`. NaN if any is NaN, -infinity without elements.
///
/// Equal maxima share the gradient, as in PyTorch's `amax`.
public func max(_ x: Variable, over axes: Axes, keepsDimensions: Bool = false) -> Variable {
    reduce(.maximum, x, axes, keepsDimensions)
}

/// y = the minimum over some axes; see `max`. Infinity without elements.
public func min(_ x: Variable, over axes: Axes, keepsDimensions: Bool = false) -> Variable {
    reduce(.minimum, x, axes, keepsDimensions)
}

/// y = the variance over some axes, with the divisor n; see `sum`.
///
/// Computed as the mean of (x - mean)^2.
public func variance(_ x: Variable, over axes: Axes, keepsDimensions: Bool = false) -> Variable {
    mean(square(x - mean(x, over: axes, keepsDimensions: true)), over: axes, keepsDimensions: keepsDimensions)
}

private func reduce(
    _ kind: ReduceAxesOperation.Kind, _ x: Variable, _ axes: Axes, _ keepsDimensions: Bool
) -> Variable {
    let tape = x.tape
    let isSum = kind == .sum || kind == .mean
    let x = isSum ? x : cast(x, to: .float32)
    let key = ReduceAxesOperation.Key(
        kind: kind, x: x.shape, dtype: x.value.dtype, axes: axes.bits(in: x.shape, "reduction"))
    let operation = tape.operation(ReduceAxesOperation.self, key: key) { ReduceAxesOperation(key: $0) }
    let y = tape.pool.tensor(x.shape.removing(key.axes, keepsDimensions: keepsDimensions))
    operation.forward(x.value, y)
    return tape.record(operation, inputs: x, output: y)
}

/// The operation behind the reductions over axes.
final class ReduceAxesOperation: DifferentiableOperation {
    enum Kind {
        case sum
        case mean
        case maximum
        case minimum
    }

    struct Key: Equatable {
        var kind: Kind
        var x: Shape
        var dtype: DType
        /// Bit i is set if dimension i is reduced.
        var axes: UInt32
    }

    let key: Key
    private var plan: lockstep_axes
    /// Repeats the gradient along the reduced dimensions.
    private let spread: StridedCopy
    private let factor: Double
    private var saved: (x: Tensor, y: Tensor)?

    init(key: Key) {
        self.key = key
        let plan = lockstep_axes_make(Int32(key.x.rank), key.x.kernelExtents, key.axes)
        self.plan = plan
        factor = key.kind == .mean ? 1 / Double(plan.reduced) : 1
        let dense = key.x.removing(key.axes, keepsDimensions: true)
        spread = StridedCopy(
            key.x.kernelExtents,
            from: zip(dense.kernelStrides, 0..<key.x.rank).map { key.axes >> UInt32($1) & 1 == 0 ? $0 : 0 },
            to: key.x.kernelStrides)
    }

    func forward(_ x: Tensor, _ y: Tensor) {
        switch key.kind {
        case .sum, .mean:
            lockstep_axes_sum(&plan, y.floats, x.address, factor, key.dtype == .bfloat16 ? 1 : 0)
        case .maximum, .minimum:
            lockstep_axes_extreme(&plan, y.floats, x.floats, key.kind == .minimum ? 1 : 0)
            saved = (x, y)
        }
    }

    /// dy -> dx: dy (for the mean times 1 / n) at every element of the sum, or at the extremes.
    func backward(_ context: BackwardContext) {
        let dy = context.outputGradient
        context.write(0, as: key.dtype) { dx in
            guard let saved else { return repeated(dy, dx, context.pool) }
            lockstep_axes_extreme_backward(
                &plan, dx.floats, dy.floats, saved.x.floats, saved.y.floats)
        }
    }

    private func repeated(_ dy: Tensor, _ dx: Tensor, _ pool: StoragePool) {
        var source = dy
        if key.kind == .mean {
            source = pool.tensor(dy.shape)
            lockstep_scale(source.floats, dy.floats, dy.elementCount, Float(factor))
        }
        if key.dtype != .float32 {
            let rounded = pool.tensor(dy.shape, key.dtype)
            rounded.convert(from: source)
            source = rounded
        }
        spread.copy(source, to: dx)
    }

    func release() { saved = nil }
}
