import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// y = scale (x - mean) / sqrt(variance + epsilon) + shift, with mean and variance (divisor n) over all
/// positions and a group's channels, for each sample.
///
/// Shapes: x and y [N, ..., C] with channels last, float32 or bfloat16; scale and shift [C]. Traps unless the
/// groups divide C. Source: Wu, He: Group Normalization (arXiv 1803.08494), equations 1 to 5.
public func groupNorm(
    _ x: Variable, groups: Int, scale: Variable, shift: Variable, epsilon: Float = 1e-5
) -> Variable {
    let operation = GroupNormalizationOperation.of(
        x, groups, epsilon, "groupNorm", Variable.place(scale, x))
    guard scale.shape == Shape(x.shape[-1]), shift.shape == scale.shape else {
        brokenContract(
            "groupNorm\(Variable.place(scale, x)): x \(x.shape) does not fit scale \(scale.shape) and shift \(shift.shape)"
        )
    }
    let y = operation.forward(x.value, scale: scale.value, shift: shift.value, pool: x.tape.pool)
    return x.tape.record(operation, inputs: x, scale, shift, output: y)
}

/// `groupNorm` with parameters: read on the tape of `x`.
public func groupNorm(
    _ x: Variable, groups: Int, scale: Parameter, shift: Parameter, epsilon: Float = 1e-5
) -> Variable {
    groupNorm(
        x, groups: groups, scale: x.tape.variable(scale), shift: x.tape.variable(shift), epsilon: epsilon)
}

/// `groupNorm` without scale and shift.
public func groupNorm(_ x: Variable, groups: Int, epsilon: Float = 1e-5) -> Variable {
    let operation = GroupNormalizationOperation.of(x, groups, epsilon, "groupNorm", x.place)
    let y = operation.forward(x.value, scale: nil, shift: nil, pool: x.tape.pool)
    return x.tape.record(operation, inputs: x, output: y)
}

/// `groupNorm` with one group per channel: mean and variance of each channel of each sample.
///
/// Source: Ulyanov, Vedaldi, Lempitsky: Instance Normalization (arXiv 1607.08022).
public func instanceNorm(
    _ x: Variable, scale: Parameter, shift: Parameter, epsilon: Float = 1e-5
) -> Variable {
    guard x.shape.rank >= 2, scale.shape == Shape(x.shape[-1]), shift.shape == scale.shape else {
        brokenContract(
            """
            instanceNorm in \(scale.layer): x \(x.shape) [N, ..., C] does not fit scale \(scale.shape) and \
            shift \(shift.shape)
            """)
    }
    return groupNorm(x, groups: x.shape[-1], scale: scale, shift: shift, epsilon: epsilon)
}

/// `instanceNorm` without scale and shift.
public func instanceNorm(_ x: Variable, epsilon: Float = 1e-5) -> Variable {
    guard x.shape.rank >= 2, x.shape[-1] >= 1 else {
        brokenContract("instanceNorm\(x.place): x \(x.shape) has to be [N, ..., C]")
    }
    return groupNorm(x, groups: x.shape[-1], epsilon: epsilon)
}

/// The operation behind `groupNorm` and `instanceNorm`. Inside, x is [N, places, C].
final class GroupNormalizationOperation: DifferentiableOperation {
    struct Key: Equatable {
        var x: Shape
        var dtype: DType
        var groups: Int
        var epsilon: Float
    }

    let key: Key
    private var plan: lockstep_group_normalization
    private var saved: (x: Tensor, scale: Tensor?, moments: Tensor)?
    private var hasScale = false

    static func of(
        _ x: Variable, _ groups: Int, _ epsilon: Float, _ name: StaticString,
        _ place: @autoclosure () -> String
    ) -> GroupNormalizationOperation {
        guard x.shape.rank >= 2 else {
            brokenContract("\(name)\(place()): x \(x.shape) has to be [N, ..., C]")
        }
        guard groups >= 1, x.shape[-1] % groups == 0 else {
            brokenContract("\(name)\(place()): \(groups) groups do not divide the channels of x \(x.shape)")
        }
        let key = Key(x: x.shape, dtype: x.value.dtype, groups: groups, epsilon: epsilon)
        return x.tape.operation(GroupNormalizationOperation.self, key: key) {
            GroupNormalizationOperation(key: $0)
        }
    }

    init(key: Key) {
        self.key = key
        plan = lockstep_group_normalization(
            samples: key.x[0], places: key.x.elementCount(of: 1..<key.x.rank - 1), channels: key.x[-1],
            groups: key.groups, epsilon: key.epsilon)
    }

    /// A buffer of `count` doubles per channel.
    private func room(_ count: Int, _ pool: StoragePool) -> Tensor {
        pool.tensor(Shape(count * key.x[-1] * 2))
    }

    /// x [N, ..., C] -> y.
    func forward(_ x: Tensor, scale: Tensor?, shift: Tensor?, pool: StoragePool) -> Tensor {
        let y = pool.tensor(key.x, key.dtype)
        hasScale = scale != nil
        guard y.elementCount > 0 else { return y }
        let moments = pool.tensor(Shape(key.x[0], key.groups, 2))
        let room = room(2, pool)
        lockstep_group_normalization_forward(
            &plan, y.address, moments.floats, x.address, scale?.floats, shift?.floats,
            room.address.assumingMemoryBound(to: Double.self), key.dtype == .bfloat16 ? 1 : 0)
        saved = (x, scale, moments)
        return y
    }

    /// dy -> dx, dscale [C], dshift [C].
    func backward(_ context: BackwardContext) {
        guard let saved else { return context.writeZeros(inputs: hasScale ? 3 : 1) }
        guard saved.scale != nil else { return run(saved, context, nil, nil) }
        let shape = Shape(key.x[-1])
        context.writeTogether(1, 2, shapes: (shape, shape)) { run(saved, context, $0, $1) }
    }

    private func run(
        _ saved: (x: Tensor, scale: Tensor?, moments: Tensor), _ context: BackwardContext, _ dScale: Tensor?,
        _ dShift: Tensor?
    ) {
        let room = room(7, context.pool)
        func compute(_ dx: Tensor) {
            lockstep_group_normalization_backward(
                &plan, dx.address, dScale?.floats, dShift?.floats, context.outputGradient.address,
                saved.x.address, saved.moments.floats, saved.scale?.floats,
                room.address.assumingMemoryBound(to: Double.self), key.dtype == .bfloat16 ? 1 : 0)
        }
        if context.needsGradient(0) {
            context.write(0, as: key.dtype) { compute($0) }
        } else {
            compute(context.pool.tensor(key.x, key.dtype))
        }
    }

    func release() { saved = nil }
}
