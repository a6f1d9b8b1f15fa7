import CKernels
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
    private var plan: lockstep_batch_normalization
    private(set) var saved: Saved?

    struct Saved {
        var x: Tensor
        var scale: Tensor
        var shift: Tensor
        /// [2, C], mean and variance of the shard; nil in inference.
        var moments: Tensor?
        var mean: UnsafeMutablePointer<Float>
        var variance: UnsafeMutablePointer<Float>
        /// What inference uses.
        var statistics: RunningStatistics
    }

    init(key: Key) {
        self.key = key
        channels = key.x[-1]
        count = key.x.elementCount(of: 0..<key.x.rank - 1)
        let hasReLU =
            switch key.activation {
            case .none: false
            case .relu: true
            }
        plan = lockstep_batch_normalization(
            rows: count, channels: channels, epsilon: key.epsilon, has_relu: hasReLU ? 1 : 0,
            uses_given_moments: key.isTraining ? 0 : 1)
    }

    /// Working memory of `count` doubles per channel.
    private func room(_ count: Int, _ pool: StoragePool) -> Tensor {
        pool.tensor(Shape(2 * count * channels))
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
        let room = room(3, pool)
        lockstep_batch_normalization_forward(
            &plan, y.address, mean, variance, x.address, scale.floats, shift.floats,
            room.address.assumingMemoryBound(to: Double.self), key.dtype == .bfloat16 ? 1 : 0)
        saved = Saved(
            x: x, scale: scale, shift: shift, moments: moments, mean: mean, variance: variance,
            statistics: statistics)
        if key.isTraining { addStatistics(mean, variance, to: statistics, tape) }
        return y
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
        let room = room(4, context.pool)
        let shapes = (Shape(channels), Shape(channels))
        context.writeTogether(1, 2, shapes: shapes) { dScale, dShift in
            func run(_ dx: Tensor?) {
                lockstep_batch_normalization_backward(
                    &plan, dx?.address, dScale.floats, dShift.floats, context.outputGradient.address,
                    saved.x.address, saved.mean, saved.variance, saved.scale.floats, saved.shift.floats,
                    room.address.assumingMemoryBound(to: Double.self), key.dtype == .bfloat16 ? 1 : 0)
            }
            if context.needsGradient(0) {
                context.write(0) { run($0) }
            } else {
                run(nil)
            }
        }
    }

    func release() { saved = nil }
}
