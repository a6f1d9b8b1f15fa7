import LockstepAutograd
import LockstepTensors

/// A length of a sequence that is negative or larger than its padded length.
public struct LengthError: Error, Equatable, CustomStringConvertible, Sendable {
    /// The operation that reads the lengths.
    public let operation: String
    /// The length.
    public let length: Int
    /// The number of steps including padding.
    public let steps: Int
    /// The position of the sample in the shard, from 0.
    public let sample: Int

    public var description: String {
        "\(operation): sample \(sample) has length \(length), and \(steps) steps with padding"
    }
}

extension Tape {
    /// Reports a `LengthError` for the first length outside 0 ... steps. lengths [N], int32; nil for none.
    func reportLengths(_ lengths: Tensor?, steps: Int, _ operation: StaticString) {
        guard let lengths else { return }
        for sample in 0..<lengths.elementCount {
            let length = Int(lengths.int32s[sample])
            guard !(0...steps).contains(length) else { continue }
            return report(
                LengthError(operation: "\(operation)", length: length, steps: steps, sample: sample))
        }
    }
}
