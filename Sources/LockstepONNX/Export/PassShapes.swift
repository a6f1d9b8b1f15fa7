import LockstepAutograd
import LockstepTensors

/// The shapes of a forward pass, in the order in which its variables come: two passes with other numbers of samples show which
/// extents depend on it.
public final class PassShapes: TapeRecorder {
    /// The number of samples of the pass.
    public let samples: Int
    private(set) var shapes: [Shape] = []
    private var kinds: [ObjectIdentifier?] = []

    /// Shapes of a pass of so many samples.
    public init(samples: Int) { self.samples = samples }

    public func leaf(_ variable: Variable) { append(variable, nil) }

    public func operation(_ operation: any DifferentiableOperation, inputs: [Int], output: Variable) {
        append(output, ObjectIdentifier(type(of: operation)))
    }

    public func copy(_ copy: Tensor, of original: Tensor) {}

    private func append(_ variable: Variable, _ kind: ObjectIdentifier?) {
        shapes.append(variable.shape)
        kinds.append(kind)
    }

    /// Whether both passes have the same operations in the same order.
    public func matches(_ other: PassShapes) -> Bool { kinds == other.kinds }

    /// The extents of a variable that has `shape` in a pass of `samples` samples.
    func extents(_ number: Int, _ shape: Shape, samples: Int) throws(ONNXError) -> [ONNXExtent] {
        guard number < shapes.count, shapes[number].rank == shape.rank else {
            throw ONNXError("the network computes otherwise for another number of samples")
        }
        let other = shapes[number]
        var extents: [ONNXExtent] = []
        for dimension in 0..<shape.rank {
            let (one, two) = (other[dimension], shape[dimension])
            if one == two {
                extents.append(.fixed(two))
            } else if one % self.samples == 0, two % samples == 0, one / self.samples == two / samples {
                extents.append(.batch(times: two / samples))
            } else {
                throw ONNXError(
                    "an extent is \(one) for \(self.samples) samples and \(two) for \(samples), which is no multiple of them"
                )
            }
        }
        return extents
    }
}
