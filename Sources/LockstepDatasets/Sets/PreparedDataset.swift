/// A data set over prepared samples, which provide everything except the fields and `write`.
protocol PreparedDataset: Dataset {
    var samples: PreparedSamples { get }
}

extension PreparedDataset {
    func count(of split: DatasetSplit) -> Int { samples.count(of: split) }
    func hasTargets(_ split: DatasetSplit) -> Bool { samples.hasTargets(split) }
    func label(ofTraining sample: Int) -> Int? { samples.label(ofTraining: sample) }
    var failure: (any Error)? { samples.failure }
    var readAheadByteCount: Int { samples.readAheadByteCount }
    func readAhead(_ sample: Int, of split: DatasetSplit) { samples.readAhead(sample, of: split) }
    var fingerprint: String { samples.fingerprint }
    var classCounts: [Int] { samples.classCounts }
    var warnings: [String] { samples.warnings }
    var hostWarnings: [String] { samples.hostWarnings }

    var constants: DatasetConstants { samplesConstants }

    /// The constants of the samples from the training split.
    var samplesConstants: DatasetConstants {
        var constants = DatasetConstants()
        constants[json: DataConstants.name] = samples.constants.json
        return constants
    }
}
