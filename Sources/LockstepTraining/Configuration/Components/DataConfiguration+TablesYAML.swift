import LockstepDatasets

extension DataConfiguration {
    static func csv(_ section: ConfigurationSection, _ value: CSV?) throws -> CSV {
        let file = "the path of a CSV file"
        var new = CSV(
            train: try section.string("train", default: value?.train, what: file),
            target: try section.string(
                "target", default: value?.target, what: "the name of the column to predict"))
        let usual = value ?? new
        new.test = try section.optionalString("test", default: value?.test, what: file)
        new.task = try section.word("task", default: usual.task)
        new.categorical = try section.strings("categorical", default: usual.categorical)
        new.ignore = try section.strings("ignore", default: usual.ignore)
        new.header = try section.boolean("header", default: usual.header)
        new.delimiter = try section.string("delimiter", default: usual.delimiter, what: "one character")
        new.missing = try section.word("missing", default: usual.missing)
        new.standardizeTargets = try section.boolean("standardize_targets", default: usual.standardizeTargets)
        new.preparation = try .read(section, default: usual.preparation)
        return new
    }

    static func npy(_ section: ConfigurationSection, _ value: NPY?) throws -> NPY {
        let file = "the path of an NPY file"
        var new = NPY(
            trainInputs: try section.string("train_inputs", default: value?.trainInputs, what: file),
            trainTargets: try section.string("train_targets", default: value?.trainTargets, what: file))
        new.testInputs = try section.optionalString("test_inputs", default: value?.testInputs, what: file)
        new.testTargets = try section.optionalString("test_targets", default: value?.testTargets, what: file)
        let usual = value ?? new
        new.task = try section.word("task", default: usual.task)
        new.classes = try section.automaticInteger("classes", default: usual.classes)
        new.layout = try section.word("layout", default: usual.layout)
        new.standardizeTargets = try section.boolean("standardize_targets", default: usual.standardizeTargets)
        new.preparation = try .read(section, default: usual.preparation)
        return new
    }
}
