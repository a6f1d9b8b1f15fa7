import LockstepReaders

/// The files of the three splits of a data set with one class per file: which file holds a sample, and how often each
/// class occurs.
struct LabeledSplits {
    /// Nil if only the test set was opened.
    let training: LabeledFiles?
    /// The separate validation files; nil if validation samples are a part of the training files.
    let validation: LabeledFiles?
    let test: LabeledFiles?
    let split: SampleSplit
    let classNames: [String]
    /// The number of training samples of each class.
    let classCounts: [Int]
    private let preparation: DataPreparation

    /// Lists the files.
    /// - Parameters:
    ///   - trained: the constants of a trained network; nil to derive them.
    ///   - isTestOnly: whether the test set suffices, if it has files and the classes are known.
    ///   - list: the files of a split for known classes; nil if the recipe names none for it.
    /// - Throws: `DatasetError` if files cannot be listed or have fewer than 2 classes.
    init(
        _ preparation: DataPreparation, trained: DataConstants?, isTestOnly: Bool,
        list: (DatasetSplit, [String]?) throws(DatasetError) -> LabeledFiles?
    ) throws {
        let known = trained.flatMap { $0.classNames.isEmpty ? nil : $0.classNames }
        var (training, validation, test): (LabeledFiles?, LabeledFiles?, LabeledFiles?)
        if isTestOnly, known != nil { test = try list(.test, known) }
        if test == nil {
            training = try list(.training, known)
            let classes = known ?? training?.classNames
            validation = try list(.validation, classes)
            test = try list(.test, classes)
        }
        let classNames = known ?? training?.classNames ?? []
        guard classNames.count >= 2 else {
            throw DatasetError(
                .empty, nil, "the training set has \(classNames.count) classes, but at least 2 are needed",
                advice: "put the files of each class into a folder of its name")
        }
        let split =
            try training.map {
                try SampleSplit(count: $0.files.count, preparation.validation, seed: preparation.splitSeed)
            } ?? .none
        (self.training, self.validation, self.test) = (training, validation, test)
        (self.split, self.classNames, self.preparation) = (split, classNames, preparation)
        classCounts =
            trained?.classCounts
            ?? Self.counts(training?.labels, split.training, classes: classNames.count)
    }

    /// Notes about the files, and warnings about classes of other splits that the training samples lack.
    var warnings: [String] {
        let validationCounts =
            validation.map(counts)
            ?? Self.counts(training?.labels, split.validation, classes: classNames.count)
        return [training, validation, test].flatMap { $0?.notes ?? [] }
            + absent(validationCounts, from: "validation") + absent(test.map(counts) ?? [], from: "test")
    }

    /// A text that is equal for files with equal names and sizes and an equal split.
    /// - Parameter samples: what samples are called, such as `images`.
    func fingerprint(_ samples: String) -> String {
        training.map {
            "\(split.training.count) of \($0.files.count) \(samples), crc32 of names and sizes \($0.checksum), "
                + "split \(preparation.validation), split seed \(preparation.splitSeed)"
        }
            ?? "\(test?.files.count ?? 0) test \(samples), crc32 of names and sizes \(test?.checksum ?? 0)"
    }

    func count(of split: DatasetSplit) -> Int {
        switch split {
        case .training: self.split.training.count
        case .validation: validation?.files.count ?? self.split.validation.count
        case .test: test?.files.count ?? 0
        }
    }

    func hasTargets(_ split: DatasetSplit) -> Bool {
        switch split {
        case .training: training?.labels != nil
        case .validation: (validation ?? training)?.labels != nil
        case .test: test?.labels != nil
        }
    }

    func label(ofTraining sample: Int) -> Int? {
        training?.labels.map { Int($0[Int(split.training[sample])]) }
    }

    func name(of sample: Int, in split: DatasetSplit) -> String? {
        place(sample, split).map { $0.set.files.name($0.number) }
    }

    /// The files that hold a sample, and its number among them.
    func place(_ sample: Int, _ split: DatasetSplit) -> (set: LabeledFiles, number: Int)? {
        switch split {
        case .training: training.map { ($0, Int(self.split.training[sample])) }
        case .validation:
            validation.map { ($0, sample) } ?? training.map { ($0, Int(self.split.validation[sample])) }
        case .test: test.map { ($0, sample) }
        }
    }

    private func absent(_ counts: [Int], from set: String) -> [String] {
        counts.isEmpty
            ? [] : ClassTargets.absent(counts, called: set, training: classCounts, names: classNames)
    }

    private func counts(_ files: LabeledFiles) -> [Int] {
        Self.counts(files.labels, 0..<Int32(files.files.count), classes: classNames.count)
    }

    private static func counts(
        _ labels: [Int32]?, _ samples: some Sequence<Int32>, classes: Int
    ) -> [Int] {
        var counts = [Int](repeating: 0, count: classes)
        if let labels { for sample in samples { counts[Int(labels[Int(sample)])] += 1 } }
        return counts
    }
}
