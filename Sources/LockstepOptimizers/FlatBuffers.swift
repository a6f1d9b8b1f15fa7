import CKernels

/// The flat buffers that an update works on; all of the same length and layout.
public struct FlatBuffers {
    /// The master weights.
    public var parameters: UnsafeMutablePointer<Float>
    /// The sums of the gradients over all shards.
    public var gradients: UnsafePointer<Float>
    /// Up to three moments, in the order of `Optimizer.momentNames`.
    public var moments:
        (UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?)
    /// Where the bfloat16 copies of the parameters go; nil without mixed precision.
    public var rounded: UnsafeMutablePointer<UInt16>?
    /// The moving averages of the parameters; nil if none are kept.
    public var averages: UnsafeMutablePointer<Float>?

    /// Buffers that the caller keeps alive.
    public init(
        parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
        moments: (UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?),
        rounded: UnsafeMutablePointer<UInt16>? = nil, averages: UnsafeMutablePointer<Float>? = nil
    ) {
        self.parameters = parameters
        self.gradients = gradients
        self.moments = moments
        self.rounded = rounded
        self.averages = averages
    }

    /// Writes the bfloat16 copies of some parameters; nothing without mixed precision.
    public func round(_ range: Range<Int>) {
        guard let rounded else { return }
        FlatBuffers.round(parameters + range.lowerBound, to: rounded + range.lowerBound, count: range.count)
    }

    /// Rounds numbers to bfloat16.
    public static func round(
        _ numbers: UnsafePointer<Float>, to rounded: UnsafeMutablePointer<UInt16>, count: Int
    ) {
        lockstep_bfloat16_round(rounded, numbers, count)
    }

    /// Updates the averages of some parameters: a += (1 - decay) (p - a); the first update copies the parameters.
    ///
    /// Source: PyTorch's `AveragedModel` with `get_ema_multi_avg_fn`.
    public func average(_ range: Range<Int>, _ step: UpdateStep) {
        guard let averages else { return }
        if step.number == 1 {
            (averages + range.lowerBound).update(from: parameters + range.lowerBound, count: range.count)
        } else {
            lockstep_update_average(
                averages, parameters, range.lowerBound, range.upperBound, 1 - step.averageDecay)
        }
    }

    /// Whether all parameters in a range are finite.
    public static func areFinite(_ parameters: UnsafePointer<Float>, _ range: Range<Int>) -> Bool {
        lockstep_are_finite(parameters, range.lowerBound, range.upperBound) != 0
    }

    /// The 64-bit hash of some parameters: a sum modulo 2^64, so that hashes of slices add up to that of the whole.
    public static func hash(_ parameters: UnsafePointer<Float>, _ range: Range<Int>) -> UInt64 {
        range.isEmpty ? 0 : lockstep_parameter_hash(parameters, range.lowerBound, range.upperBound)
    }
}
