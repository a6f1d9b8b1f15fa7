import LockstepContracts
import LockstepTensors

/// The normalisation of inputs: y = x scale + shift, element by element, from the training split alone.
struct InputScaling: Sendable {
    /// One factor for each element of a sample.
    let scale: [Float]
    /// One summand for each element of a sample.
    let shift: [Float]
    /// The training mean of each element, in the units of the file.
    let mean: [Float]

    /// What it follows from.
    let statistics: Statistics

    /// Means and deviations of the training samples for each channel or each element; none where inputs stay as they are.
    struct Statistics: Codable, Sendable, Equatable {
        var means: [Double] = []
        var deviations: [Double] = []
    }

    /// A constant element gets scale 1, so that it becomes 0.
    init(_ statistics: Statistics, size: Int) {
        self.statistics = statistics
        let groups = statistics.means.count
        guard groups > 0 else {
            scale = [Float](repeating: 1, count: size)
            shift = [Float](repeating: 0, count: size)
            mean = shift
            return
        }
        let scales = statistics.deviations.map { $0 > 1e-12 ? Float(1 / $0) : 1 }
        scale = (0..<size).map { scales[$0 % groups] }
        shift = (0..<size).map { Float(-statistics.means[$0 % groups] * Double(scales[$0 % groups])) }
        mean = (0..<size).map { Float(statistics.means[$0 % groups]) }
    }

    /// Computes means and deviations over the training samples; missing numbers are left out.
    init(_ part: DecodedDataset, training: [Int32], _ normalization: Normalization) {
        self.init(
            Self.statistics(part, training, normalization), size: part.sampleShape.elementCount)
    }

    private static func statistics(
        _ part: DecodedDataset, _ training: [Int32], _ normalization: Normalization
    ) -> Statistics {
        let perChannel: Bool
        switch normalization {
        case .none: return Statistics()
        case .automatic: perChannel = part.sampleShape.rank == 3
        case .perChannel: perChannel = true
        case .perFeature: perChannel = false
        }
        let size = part.sampleShape.elementCount
        let groups = perChannel && part.sampleShape.rank > 0 ? part.sampleShape[-1] : size
        var sums = [Double](repeating: 0, count: groups)
        var squares = sums
        var counts = [Int](repeating: 0, count: groups)
        // Two passes: the squares of distances do not cancel.
        forEach(part, training) { element, value in
            sums[element % groups] += value
            counts[element % groups] += 1
        }
        let means = zip(sums, counts).map { $1 > 0 ? $0 / Double($1) : 0 }
        forEach(part, training) { element, value in
            let distance = value - means[element % groups]
            squares[element % groups] += distance * distance
        }
        return Statistics(
            means: means,
            deviations: zip(squares, counts).map { $1 > 0 ? ($0 / Double($1)).squareRoot() : 0 })
    }

    private static func forEach(_ part: DecodedDataset, _ samples: [Int32], _ body: (Int, Double) -> Void) {
        let size = part.sampleShape.elementCount
        switch part.inputType {
        case .uint8:
            let base = part.inputs.assumingMemoryBound(to: UInt8.self)
            for sample in samples {
                let start = base + Int(sample) * size
                for element in 0..<size { body(element, Double(start[element])) }
            }
        case .float32, .int32:
            let base = part.inputs.assumingMemoryBound(to: Float.self)
            for sample in samples {
                let start = base + Int(sample) * size
                for element in 0..<size where !start[element].isNaN { body(element, Double(start[element])) }
            }
        case .bfloat16: brokenContract("data sets are never decoded to bfloat16")
        }
    }
}
