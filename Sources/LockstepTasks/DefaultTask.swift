import LockstepDatasets

/// The default task of a run, determined by data and loss.
public enum DefaultTask {
    /// The task for the only target field of the data.
    /// - Throws: `TrainingError.model` if the data have no target or several, or if the loss does not fit the
    ///   target.
    public static func make(
        _ schema: BatchSchema, loss: (any LossComponent)?
    ) throws(TrainingError) -> any TaskComponent {
        let targets = schema.indices(.target)
        guard targets.count == 1 else {
            throw .model(
                "the data have \(targets.count) targets; their fields are \(schema.description). Set task to one that fits them."
            )
        }
        let target = schema.fields[targets[0]]
        guard target.type != .int32 || target.shape.rank != 1 else { return LanguageModeling.Configuration() }
        let kind = loss.map { type(of: $0) }
        let name = kind?.name ?? ""
        guard let classes = target.classes else {
            guard kind?.isForClasses != true else {
                throw .model(
                    "loss: \(name) needs classes, but the targets are numbers. Use mean_squared_error.")
            }
            return Regression.Configuration()
        }
        if target.type == .float32 {
            guard kind == nil || kind == BinaryCrossEntropyConfiguration.self else {
                throw .model(
                    "loss: \(name) does not fit several labels per sample. Use binary_cross_entropy."
                )
            }
            return MultiLabelClassification.Configuration()
        }
        guard kind?.isForClasses != false else {
            throw .model("loss: \(name) needs numbers, but the targets are classes. Use cross_entropy.")
        }
        guard kind == BinaryCrossEntropyConfiguration.self else { return Classification.Configuration() }
        guard classes == 2 else {
            throw .model(
                "loss: binary_cross_entropy needs a data set of 2 classes; this one has \(classes). Use cross_entropy."
            )
        }
        return BinaryClassification.Configuration()
    }
}
