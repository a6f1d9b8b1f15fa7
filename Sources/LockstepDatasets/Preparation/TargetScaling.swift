import LockstepReaders

/// The standardisation of numeric targets: the training mean and standard deviation of each value; 0 and 1 without it.
/// They apply to decoded numbers, after `NumberNarrowing` if that applies.
struct TargetScaling: Sendable, Equatable {
    let mean: [Float]
    let deviation: [Float]

    /// Targets are not changed.
    init(width: Int) {
        mean = [Float](repeating: 0, count: width)
        deviation = [Float](repeating: 1, count: width)
    }

    /// The mean and deviation of some samples; a constant value gets deviation 1.
    init(_ data: DecodedDataset, _ samples: [Int32]) {
        let width = data.targetWidth
        let numbers = data.targets.assumingMemoryBound(to: Float.self)
        var means = [Float](repeating: 0, count: width)
        var deviations = [Float](repeating: 1, count: width)
        for value in 0..<width {
            var sum = 0.0
            for sample in samples { sum += Double(numbers[Int(sample) * width + value]) }
            let mean = sum / Double(samples.count)
            var squares = 0.0
            for sample in samples {
                let distance = Double(numbers[Int(sample) * width + value]) - mean
                squares += distance * distance
            }
            let deviation = (squares / Double(samples.count)).squareRoot()
            means[value] = Float(mean)
            let first = numbers[Int(samples[0]) * width + value]
            let isConstant = samples.allSatisfy { numbers[Int($0) * width + value] == first }
            deviations[value] =
                deviation > NumberNarrowing.smallestDeviation && !isConstant ? Float(deviation) : 1
        }
        mean = means
        deviation = deviations
    }
}

/// Stored as 64-bit numbers, whose text every parser converts back to the same bits.
extension TargetScaling: Codable {
    private enum Key: String, CodingKey {
        case mean, deviation
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        mean = try values.decode([Double].self, forKey: .mean).map(Float.init)
        deviation = try values.decode([Double].self, forKey: .deviation).map(Float.init)
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(mean.map(Double.init), forKey: .mean)
        try values.encode(deviation.map(Double.init), forKey: .deviation)
    }
}
