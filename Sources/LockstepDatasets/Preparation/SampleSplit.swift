import LockstepReaders
import LockstepTensors

/// Which samples of the training files are for training, and which are held back for validation.
struct SampleSplit {
    let training: [Int32]
    let validation: [Int32]

    /// No samples, for data that are not split by samples.
    static let none = SampleSplit(training: [], validation: [])

    private init(training: [Int32], validation: [Int32]) {
        self.training = training
        self.validation = validation
    }

    /// The last samples are validation data from separate files.
    init(count: Int, heldBack: Int) {
        training = (0..<Int32(count - heldBack)).map { $0 }
        validation = (Int32(count - heldBack)..<Int32(count)).map { $0 }
    }

    /// Splits a permutation that depends only on the split's seed.
    init(count: Int, _ configuration: ValidationSplit, seed: UInt64) throws(DatasetError) {
        var order = [Int32](repeating: 0, count: count)
        order.withUnsafeMutableBufferPointer {
            Sampler.shuffle($0, RandomKey(seed: seed, purpose: .split))
        }
        let held: Range<Int>
        switch configuration {
        case .none: held = 0..<0
        case .fraction(let fraction): held = 0..<Int((Double(count) * fraction).rounded())
        case .fold(let index, let folds): held = index * count / folds..<(index + 1) * count / folds
        }
        // Sorted, since the order within a split has no meaning, and neighbours in memory are read together.
        validation = order[held].sorted()
        training = (order[..<held.lowerBound] + order[held.upperBound...]).sorted()
        guard !training.isEmpty else {
            throw DatasetError(
                .empty, nil,
                "all \(count) samples are held back for validation, and none are left for training",
                advice: "make validation smaller")
        }
        guard configuration == .none || !validation.isEmpty else {
            throw DatasetError(
                .empty, nil, "of \(count) samples, none are held back for validation",
                advice: "make validation larger, or leave it out")
        }
    }
}
