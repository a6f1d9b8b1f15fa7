import CKernels
import LockstepContracts
import LockstepReaders
import LockstepTensors

/// The normalization of inputs: y = x scale + shift, element by element, from the training split alone. x is the
/// decoded number, to which `NumberNarrowing` may have been applied.
struct InputScaling: Sendable {
    /// One factor for each element of a sample.
    let scale: [Float]
    /// One summand for each element of a sample.
    let shift: [Float]
    /// The training mean of each element, in the units of x.
    let mean: [Float]
    /// The value of a missing number after normalization: the mean.
    let missing: [Float]

    /// What it follows from.
    let statistics: Statistics

    /// Means and deviations of the training samples for each channel or each element. There are no deviations if
    /// inputs are not normalised, and no means if they are not needed.
    struct Statistics: Codable, Sendable, Equatable {
        var means: [Double] = []
        var deviations: [Double] = []
        /// What stands for a missing number of each element of a sample, in the units of x; nil for the mean.
        var fills: [Double]?
    }

    /// A constant element gets scale 1, so that it becomes 0.
    init(_ statistics: Statistics, size: Int) {
        self.statistics = statistics
        let groups = statistics.means.count
        mean =
            groups == 0
            ? [Float](repeating: 0, count: size) : (0..<size).map { Float(statistics.means[$0 % groups]) }
        guard groups > 0, !statistics.deviations.isEmpty else {
            scale = [Float](repeating: 1, count: size)
            shift = [Float](repeating: 0, count: size)
            missing = statistics.fills.map { $0.map { Float($0) } } ?? mean
            return
        }
        let scales = statistics.deviations.map { $0 > NumberNarrowing.smallestDeviation ? Float(1 / $0) : 1 }
        scale = (0..<size).map { scales[$0 % groups] }
        shift = (0..<size).map { Float(-statistics.means[$0 % groups] * Double(scales[$0 % groups])) }
        missing =
            statistics.fills.map { fills in
                fills.enumerated().map { element, fill in
                    // The mean becomes 0, without rounding.
                    fill == statistics.means[element % groups]
                        ? 0
                        : Float(
                            (fill - statistics.means[element % groups]) * Double(scales[element % groups]))
                }
            } ?? [Float](repeating: 0, count: size)
    }

    /// Computes means and deviations over the training samples; missing numbers are left out.
    /// - Parameters:
    ///   - needsMeans: whether means are needed even if inputs are not normalised: for missing numbers, or for
    ///     augmentation by cutout.
    ///   - names: the names of a sample's elements, if they have names.
    ///   - columns: those of a table.
    /// - Throws: `DatasetError` for a column without any number.
    init(
        _ part: DecodedDataset, training: [Int32], _ normalization: Normalization, needsMeans: Bool,
        names: [String] = [], columns: CSVColumns? = nil
    ) throws(DatasetError) {
        guard normalization != .none || needsMeans else {
            self.init(Statistics(), size: part.sampleShape.elementCount)
            return
        }
        var statistics = try Self.statistics(part, training, normalization, names)
        statistics.fills = columns.flatMap { $0.fills(part, training, means: statistics.means) }
        self.init(statistics, size: part.sampleShape.elementCount)
    }

    private static func statistics(
        _ part: DecodedDataset, _ training: [Int32], _ normalization: Normalization, _ names: [String]
    ) throws(DatasetError) -> Statistics {
        let groups = (normalization == .none ? .automatic : normalization).groups(
            of: part.sampleShape.extents)
        var sums = [Double](repeating: 0, count: groups)
        var squares = sums
        var counts = [Int](repeating: 0, count: groups)
        // Two passes: the squares of distances do not cancel.
        forEach(part, training) { element, value in
            sums[element % groups] += value
            counts[element % groups] += 1
        }
        if let empty = counts.firstIndex(of: 0) {
            throw DatasetError(
                .value, nil,
                "column '\(empty < names.count ? names[empty] : "\(empty)")' has no number in any training row, and so no mean",
                advice: "fill in some, or list it under ignore")
        }
        var means = zip(sums, counts).map { $0 / Double($1) }
        guard normalization != .none else { return Statistics(means: means) }
        var smallest = [Double](repeating: .infinity, count: groups)
        var largest = [Double](repeating: -.infinity, count: groups)
        forEach(part, training) { element, value in
            smallest[element % groups] = min(smallest[element % groups], value)
            largest[element % groups] = max(largest[element % groups], value)
            let distance = value - means[element % groups]
            squares[element % groups] += distance * distance
        }
        var deviations = zip(squares, counts).map { ($0 / Double($1)).squareRoot() }
        // The computed mean of many equal numbers may differ from them by rounding, which would be taken for a deviation.
        for group in 0..<groups where smallest[group] == largest[group] {
            (means[group], deviations[group]) = (smallest[group], 0)
        }
        return Statistics(means: means, deviations: deviations)
    }

    /// Writes a sample's normalised numbers; missing ones stay NaN.
    func write(_ data: DecodedDataset, _ sample: Int, to place: UnsafeMutablePointer<Float>) {
        let size = data.sampleShape.elementCount
        switch data.inputType {
        case .uint8:
            let bytes = data.inputs.assumingMemoryBound(to: UInt8.self) + sample * size
            lockstep_normalize_bytes(place, bytes, scale, shift, size)
        case .float32, .int32:
            let floats = data.inputs.assumingMemoryBound(to: Float.self) + sample * size
            lockstep_normalize_floats(place, floats, scale, shift, size)
        case .bfloat16: brokenContract("data sets are never decoded to bfloat16")
        }
    }

    static func forEach(_ part: DecodedDataset, _ samples: [Int32], _ body: (Int, Double) -> Void) {
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
