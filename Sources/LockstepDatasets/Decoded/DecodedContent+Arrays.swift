import LockstepReaders

extension DecodedContent {
    /// The content of arrays: the training samples, their classes, and the test samples that must match both.
    /// - Parameters:
    ///   - classes: the configured number of classes; nil to count them.
    ///   - targets: the file of the training targets, for messages.
    ///   - validation: decodes the validation samples, and names the files of their inputs and targets; nil if there are none.
    ///   - test: decodes the test samples, and names the files of their inputs and targets; nil if there are none.
    static func arrays(
        _ training: DecodedPart, task: DataTask, classes configured: Int?, targets: String,
        validation: () throws(DatasetError) -> (part: DecodedPart, inputs: String, targets: String)?,
        test: () throws(DatasetError) -> (part: DecodedPart, inputs: String, targets: String)?
    ) throws(DatasetError) -> Self {
        let isClassification = task == .classification
        let classes = isClassification ? try training.classCount(configured: configured, file: targets) : 0
        let notes =
            isClassification
            ? try training.classNotes(
                classes: classes, configured: configured, file: targets, canBeRegression: true) : []
        var all = training
        if let validation = try validation() {
            if isClassification {
                try validation.part.requireLabels(below: classes, file: validation.targets)
            }
            try all.append(validation.part, file: validation.inputs)
        }
        let test = try test()
        if let test {
            try test.part.requireSamples(like: training, file: test.inputs)
            if isClassification { try test.part.requireLabels(below: classes, file: test.targets) }
        }
        return DecodedContent(
            training: all, heldBack: all.count - training.count, test: test?.part, classes: classes,
            classNames: task == .multiLabel
                ? (0..<training.targetWidth).map(String.init) : training.classNames,
            notes: notes)
    }
}
