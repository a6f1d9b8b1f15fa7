import LockstepReaders

/// A data set of files with one class each, which are decoded when their samples are written.
protocol LabeledFilesDataset: Dataset {
    /// The files of the splits.
    var sets: LabeledSplits { get }
    /// Holds the error of a file that could not be decoded.
    var firstFailure: FirstFailure { get }
}

extension LabeledFilesDataset {
    func count(of split: DatasetSplit) -> Int { sets.count(of: split) }
    func hasTargets(_ split: DatasetSplit) -> Bool { sets.hasTargets(split) }
    func label(ofTraining sample: Int) -> Int? { sets.label(ofTraining: sample) }
    func name(of sample: Int, in split: DatasetSplit) -> String? { sets.name(of: sample, in: split) }
    var classCounts: [Int] { sets.classCounts }
    var failure: (any Error)? { firstFailure.error }
}
