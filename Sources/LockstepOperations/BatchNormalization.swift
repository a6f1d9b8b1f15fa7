internal import COneDNN
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// y = activation(scale (x - mean) / sqrt(variance + epsilon) + shift), per channel.
///
/// Training uses mean and variance (divisor n) of the n = samples x pixels values per channel of the shard,
/// and adds n x mean, n x variance (unbiased, divisor n - 1) and n to the tape's statistics buffer. n = 1 is
/// an error of the data (`BatchNormalizationError`, reported to the tape); an empty shard adds nothing.
/// Inference uses the running statistics.
///
/// Shapes: x and y [N, H, W, C] or [N, C]; scale and shift [C].
/// Source: Ioffe, Szegedy: Batch Normalization (ICML 2015), algorithms 1 and 2.
public func batchNorm(
    _ x: Variable, scale: Variable, shift: Variable, statistics: RunningStatistics,
    epsilon: Float = 1e-5, activation: FusedActivation = .none
) -> Variable {
    let tape = x.tape
    let rank = x.shape.rank
    guard rank == 2 || rank == 4, scale.shape == Shape(x.shape[-1]), shift.shape == scale.shape,
        statistics.channels == x.shape[-1]
    else {
        brokenContract(
            """
            batchNorm in \(statistics.path): x \(x.shape) does not fit scale \(scale.shape), \
            shift \(shift.shape) and statistics of \(statistics.channels) channels
            """)
    }
    let key = BatchNormalizationOperation.Key(
        x: x.shape, dtype: x.value.dtype, epsilon: epsilon, isTraining: tape.mode == .training,
        activation: activation)
    let operation = tape.operation(BatchNormalizationOperation.self, key: key) {
        BatchNormalizationOperation(key: $0)
    }
    let y = operation.forward(
        x.value, scale: scale.value, shift: shift.value, statistics: statistics, tape: tape)
    return tape.record(operation, inputs: x, scale, shift, output: y)
}

/// `batchNorm` with parameters: read on the tape of `x`.
public func batchNorm(
    _ x: Variable, scale: Parameter, shift: Parameter, statistics: RunningStatistics,
    epsilon: Float = 1e-5, activation: FusedActivation = .none
) -> Variable {
    batchNorm(
        x, scale: x.tape.variable(scale), shift: x.tape.variable(shift), statistics: statistics,
        epsilon: epsilon, activation: activation)
}

/// In training, a shard has a single value per channel and hence no variance.
public struct BatchNormalizationError: Error, CustomStringConvertible, Sendable {
    /// The path of the layer.
    public let path: String
    /// The shape of the input.
    public let shape: Shape

    public var description: String {
        """
        batch normalization \(path): a shard has one value per channel (\(shape)), and a variance needs \
        two; use a larger batch, fewer shards, or a number of samples whose last batch is not that small
        """
    }
}

/// The operation behind `batchNorm`.
final class BatchNormalizationOperation: DifferentiableOperation {
    struct Key: Equatable {
        var x: Shape
        var dtype: DType
        var epsilon: Float
        var isTraining: Bool
        var activation: FusedActivation
    }

    let key: Key
    private let channels: Int
    /// Values per channel.
    private let count: Int
    /// Whether oneDNN applies the ReLU. Its primitive is slow unless the channels fill whole vectors of 16,
    /// and turns NaN into 0; only the shard's statistics reveal NaN.
    private let isFused: Bool
    private let mask: ActivationMask
    private(set) var saved: Saved?
    private var output: Tensor?

    struct Saved {
        var x: Tensor
        var scale: Tensor
        var shift: Tensor
        /// [2, C], mean and variance of the shard; nil in inference.
        var moments: Tensor?
        var mean: UnsafeMutablePointer<Float>
        var variance: UnsafeMutablePointer<Float>
        /// Output of the fused forward for its backward; nil if the ReLU was applied separately.
        var workspace: Tensor?
        /// What inference uses.
        var statistics: RunningStatistics
    }

    /// Forward and backward, with or without the fused ReLU.
    private final class Primitives {
        private var parameters: lockstep_dnn_batch_normalization

        private(set) lazy var forward = DNNPrimitive("batchNorm forward") {
            lockstep_dnn_batch_normalization_forward_create($0, &parameters)
        }
        private(set) lazy var backward = DNNPrimitive("batchNorm backward") { made in
            forward.query { lockstep_dnn_batch_normalization_backward_create(made, &parameters, $0) }
        }

        init(_ parameters: lockstep_dnn_batch_normalization) { self.parameters = parameters }
    }

    private lazy var fused = Primitives(parameters(hasReLU: true))
    private lazy var plain = Primitives(parameters(hasReLU: false))
    private lazy var workspaceByteCount = fused.forward.query {
        lockstep_dnn_batch_normalization_workspace_bytes($0)
    }

    init(key: Key) {
        self.key = key
        channels = key.x[-1]
        count = key.x.elementCount(of: 0..<key.x.rank - 1)
        isFused = key.activation == .relu && channels % 16 == 0 && key.isTraining
        mask = ActivationMask(key.activation)
    }

    private func parameters(hasReLU: Bool) -> lockstep_dnn_batch_normalization {
        let isImage = key.x.rank == 4
        return lockstep_dnn_batch_normalization(
            samples: Int64(key.x[0]), channels: Int64(channels), height: Int64(isImage ? key.x[1] : 1),
            width: Int64(isImage ? key.x[2] : 1), epsilon: key.epsilon,
            uses_given_statistics: key.isTraining ? 0 : 1, has_relu: hasReLU ? 1 : 0, type: key.dtype.dnn)
    }

    /// x [N, ..., C] -> y [N, ..., C].
    func forward(
        _ x: Tensor, scale: Tensor, shift: Tensor, statistics: RunningStatistics, tape: Tape
    ) -> Tensor {
        let pool = tape.pool
        let y = pool.tensor(key.x, key.dtype)
        guard count > 0, channels > 0 else { return y }
        var moments: Tensor?
        var (mean, variance) = (statistics.mean, statistics.variance)
        if key.isTraining {
            let own = pool.tensor(Shape(2, channels))
            (mean, variance) = (own.floats, own.floats + channels)
            moments = own
        }
        func run(_ primitives: Primitives, _ workspace: Tensor?) {
            primitives.forward.execute {
                lockstep_dnn_batch_normalization_forward_execute(
                    $0, x.address, scale.floats, shift.floats, mean, variance, y.address, workspace?.address)
            }
        }
        var workspace = isFused ? pool.tensor(Shape(workspaceByteCount), .uint8) : nil
        if isFused { run(fused, workspace) }
        if !isFused || !isOrdinary(scale, shift, mean, variance) {
            workspace = nil
            run(plain, nil)
            key.activation.apply(to: y)
            if key.activation != .none { output = y }
        }
        saved = Saved(
            x: x, scale: scale, shift: shift, moments: moments, mean: mean, variance: variance,
            workspace: workspace, statistics: statistics)
        if key.isTraining { addStatistics(mean, variance, to: statistics, tape) }
        return y
    }

    /// Whether no output can be NaN: a NaN or infinity in a channel affects its mean or variance.
    private func isOrdinary(
        _ scale: Tensor, _ shift: Tensor, _ mean: UnsafeMutablePointer<Float>,
        _ variance: UnsafeMutablePointer<Float>
    ) -> Bool {
        let limit: Float = 1e30
        var isOrdinary = true
        for channel in 0..<channels {
            let sum =
                mean[channel].magnitude + variance[channel].magnitude + scale.floats[channel].magnitude
                + shift.floats[channel].magnitude
            if !(sum < limit) { isOrdinary = false }
        }
        return isOrdinary
    }

    private func addStatistics(
        _ mean: UnsafeMutablePointer<Float>, _ variance: UnsafeMutablePointer<Float>,
        to statistics: RunningStatistics, _ tape: Tape
    ) {
        guard count > 1 else {
            tape.report(BatchNormalizationError(path: statistics.path, shape: key.x))
            return
        }
        guard let buffer = tape.statistics else { return }
        let sums = buffer + statistics.statisticsOffset
        let n = Float(count)
        let unbiased = Float(Double(count) * Double(count) / Double(count - 1))
        for channel in 0..<channels {
            sums[channel] += n * mean[channel]
            sums[channels + channel] += unbiased * variance[channel]
        }
        sums[2 * channels] += n
    }

    /// dy [N, ..., C] -> dx [N, ..., C], dscale [C], dshift [C].
    func backward(_ context: BackwardContext) {
        guard count > 0, channels > 0 else { return context.writeZeros(inputs: 3) }
        guard let saved else { brokenContract("batchNorm: backward without forward") }
        let dz =
            saved.workspace == nil
            ? mask.apply(context.outputGradient, output: output, pool: context.pool) : context.outputGradient
        let shapes = (Shape(channels), Shape(channels))
        context.writeTogether(1, 2, shapes: shapes) { dScale, dShift in
            if context.needsGradient(0) {
                context.write(0) { run(saved, dz, $0, dScale, dShift) }
            } else {
                run(saved, dz, context.pool.tensor(key.x, key.dtype), dScale, dShift)
            }
        }
    }

    private func run(_ saved: Saved, _ dz: Tensor, _ dx: Tensor, _ dScale: Tensor, _ dShift: Tensor) {
        let primitives = saved.workspace == nil ? plain : fused
        primitives.backward.execute {
            lockstep_dnn_batch_normalization_backward_execute(
                $0, saved.x.address, saved.scale.floats, saved.shift.floats, saved.mean, saved.variance,
                saved.workspace?.address, dz.address, dx.address, dScale.floats, dShift.floats)
        }
    }

    func release() {
        saved = nil
        output = nil
    }
}
