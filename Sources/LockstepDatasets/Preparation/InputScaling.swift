import CKernels
import LockstepContracts
import LockstepReaders
import LockstepTensors

/// The normalization of inputs: y = x scale + shift, element by element, from the training split alone. x is the
/// decoded number, after `NumberNarrowing` if that applies.
struct InputScaling: Sendable {
    /// The factor of each element of a sample.
    let scale: [Float]
    /// The summand of each element of a sample.
    let shift: [Float]
    /// The training mean of each element, in the units of x.
    let mean: [Float]
    /// The value of a missing number after normalization: the mean.
    let missing: [Float]

    /// The statistics from which it follows.
    let statistics: Statistics

    /// Means and standard deviations of the training samples for each channel or each element. There are no deviations if
    /// inputs are not normalised, and no means if they are not needed.
    struct Statistics: Codable, Sendable, Equatable {
        var means: [Double] = []
        var deviations: [Double] = []
        /// The replacement for a missing number of each element of a sample, in the units of x; nil for the mean.
        var fills: [Double]?

        /// Whether the values are valid statistics of a training split.
        var isUsable: Bool {
            means.allSatisfy(\.isFinite) && deviations.allSatisfy { $0.isFinite && $0 >= 0 }
                && (deviations.isEmpty || deviations.count == means.count)
        }
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

    /// Computes means and deviations of the training samples, without missing numbers.
    /// - Parameters:
    ///   - needsMeans: whether means are needed even if inputs are not normalised: for missing numbers, or for
    ///     augmentation by cutout.
    ///   - names: the names of a sample's elements, if they have names.
    ///   - columns: the columns of a table.
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

    /// Measures the means and deviations of training samples; see `init`.
    static func statistics(
        _ part: DecodedDataset, _ training: [Int32], _ normalization: Normalization, _ names: [String]
    ) throws(DatasetError) -> Statistics {
        let groups = (normalization == .none ? .automatic : normalization).groups(
            of: part.sampleShape.extents)
        var sums = [Double](repeating: 0, count: groups)
        var counts = [Int](repeating: 0, count: groups)
        // Two passes avoid cancellation in the sums of squares.
        try sums.withUnsafeMutableBufferPointer { (sums) throws(DatasetError) in
            try counts.withUnsafeMutableBufferPointer { (counts) throws(DatasetError) in
                let (sums, counts) = (sums, counts)
                try forEach(part, training, groups) { group, value in
                    sums[group] += value
                    counts[group] += 1
                }
            }
        }
        if let empty = counts.firstIndex(of: 0) {
            throw DatasetError(
                .value, nil,
                "column '\(empty < names.count ? names[empty] : "\(empty)")' has no number in any training row, so it has no mean",
                advice: "fill in some of them, or list the column under ignore")
        }
        var means = zip(sums, counts).map { $0 / Double($1) }
        guard normalization != .none else { return Statistics(means: means) }
        var measures = means.map { GroupMeasure(mean: $0) }
        try measures.withUnsafeMutableBufferPointer { (measures) throws(DatasetError) in
            let measures = measures
            try forEach(part, training, groups) { group, value in measures[group].add(value) }
        }
        var deviations = zip(measures, counts).map { ($0.squares / Double($1)).squareRoot() }
        // The computed mean of many equal numbers may differ from them by rounding, which would be mistaken for a deviation.
        for group in 0..<groups where measures[group].smallest == measures[group].largest {
            (means[group], deviations[group]) = (measures[group].smallest, 0)
        }
        return Statistics(means: means, deviations: deviations)
    }

    /// The range of a group's numbers, and the sum of their squared distances from the mean.
    private struct GroupMeasure {
        let mean: Double
        var squares = 0.0
        var smallest = Double.infinity
        var largest = -Double.infinity

        @inline(__always)
        mutating func add(_ value: Double) {
            smallest = min(smallest, value)
            largest = max(largest, value)
            let distance = value - mean
            squares += distance * distance
        }
    }

    /// Writes a sample's normalised numbers; missing ones stay NaN.
    func write(_ data: DecodedDataset, _ sample: Int, to place: UnsafeMutablePointer<Float>) {
        let size = data.sampleShape.elementCount
        if let stream = data.stream {
            stream.with(sample) { write($0, data.inputType, size, to: place) }
        } else {
            write(data.inputs + sample * data.sampleByteCount, data.inputType, size, to: place)
        }
    }

    /// - Parameter numbers: the numbers of a sample.
    private func write(
        _ numbers: UnsafeRawPointer, _ type: DType, _ size: Int, to place: UnsafeMutablePointer<Float>
    ) {
        switch type {
        case .uint8:
            lockstep_normalize_bytes(place, numbers.assumingMemoryBound(to: UInt8.self), scale, shift, size)
        case .float32, .int32:
            lockstep_normalize_floats(place, numbers.assumingMemoryBound(to: Float.self), scale, shift, size)
        case .bfloat16: brokenContract("data sets are never decoded to bfloat16")
        }
    }

    /// Calls a closure with each number of some samples and its group, in order.
    /// - Parameter samples: in ascending order.
    @inline(__always)
    private static func forEach(
        _ part: DecodedDataset, _ samples: [Int32], _ groups: Int, _ body: (_ group: Int, Double) -> Void
    ) throws(DatasetError) {
        guard let stream = part.stream else { return forEach(part, part.inputs, samples[...], groups, body) }
        var next = 0
        try stream.forEachBlock { (block, rows) throws(DatasetError) in
            let first = next
            while next < samples.count, Int(samples[next]) < rows.upperBound { next += 1 }
            forEach(part, block - rows.lowerBound * part.sampleByteCount, samples[first..<next], groups, body)
        }
    }

    /// - Parameter inputs: the address of sample 0, which may be outside the memory.
    @inline(__always)
    private static func forEach(
        _ part: DecodedDataset, _ inputs: UnsafeRawPointer, _ samples: ArraySlice<Int32>, _ groups: Int,
        _ body: (_ group: Int, Double) -> Void
    ) {
        let size = part.sampleShape.elementCount
        switch part.inputType {
        case .uint8:
            let base = inputs.assumingMemoryBound(to: UInt8.self)
            for sample in samples {
                let start = base + Int(sample) * size
                for element in stride(from: 0, to: size, by: groups) {
                    for group in 0..<groups { body(group, Double(start[element + group])) }
                }
            }
        case .float32, .int32:
            let base = inputs.assumingMemoryBound(to: Float.self)
            for sample in samples {
                let start = base + Int(sample) * size
                for element in stride(from: 0, to: size, by: groups) {
                    for group in 0..<groups where !start[element + group].isNaN {
                        body(group, Double(start[element + group]))
                    }
                }
            }
        case .bfloat16: brokenContract("data sets are never decoded to bfloat16")
        }
    }
}
