import LockstepConfiguration
import LockstepDatasets

extension DataConfiguration {
    package static func csv(_ section: ConfigurationSection, _ value: CSV?) throws -> CSV {
        let file = "the path of a CSV file"
        var new = CSV(
            train: try section.string("train", "table of training rows", default: value?.train, what: file),
            target: try section.string(
                "target", "column to predict; without header a number, of which -1 is the last column",
                default: value?.target, what: "the name of the column to predict"))
        let usual = value ?? new
        new.test = try section.optionalString(
            "test", "table of test rows, with the same columns; those of a header in any order",
            default: value?.test, what: file)
        new.task = try section.word("task", "whether the target is a class or a number", default: usual.task)
        new.categorical = try section.strings(
            "categorical", "columns whose values are names; each becomes columns of zeros and ones",
            default: usual.categorical)
        new.ignore = try section.strings("ignore", "columns that are left out", default: usual.ignore)
        new.header = try section.boolean("header", "the first line names the columns", default: usual.header)
        new.delimiter = try section.string(
            "delimiter", "character between fields", default: usual.delimiter, what: "one character")
        new.encoding = try section.word(
            "encoding", "how characters are written as bytes; windows-1252 is the ANSI of spreadsheets",
            default: usual.encoding)
        new.missing = try section.word(
            "missing", "what happens to a missing value: an error, or the column's training mean",
            default: usual.missing)
        new.missingValues = try section.strings(
            "missing_values",
            "unquoted texts that stand for a missing value, \"\" for an empty field; in quotes they are names where a column has names",
            default: usual.missingValues, canBeEmpty: true)
        new.standardizeTargets = try section.boolean(
            "standardize_targets",
            "for regression: shift and scale targets to mean 0 and standard deviation 1",
            default: usual.standardizeTargets)
        new.preparation = try .read(section, default: usual.preparation)
        return new
    }

    package static func npy(_ section: ConfigurationSection, _ value: NPY?) throws -> NPY {
        let file = "the path of an NPY file"
        var new = NPY(
            trainInputs: try section.string(
                "train_inputs", "training inputs, [N, ...]", default: value?.trainInputs, what: file),
            trainTargets: try section.string(
                "train_targets", "training targets, [N], or [N, K] for regression",
                default: value?.trainTargets, what: file))
        new.testInputs = try section.optionalString(
            "test_inputs", "test inputs", default: value?.testInputs, what: file)
        new.testTargets = try section.optionalString(
            "test_targets", "test targets", default: value?.testTargets, what: file)
        let usual = value ?? new
        new.task = try section.word("task", "whether targets are classes or numbers", default: usual.task)
        new.classes = try section.automaticInteger(
            "classes", "number of classes; auto: the largest training label plus 1",
            default: usual.classes, .classes)
        new.layout = try section.word(
            "layout", "what the dimensions after the first mean; four as stored are images [N, H, W, C]",
            default: usual.layout)
        new.standardizeTargets = try section.boolean(
            "standardize_targets",
            "for regression: shift and scale targets to mean 0 and standard deviation 1",
            default: usual.standardizeTargets)
        new.preparation = try .read(section, default: usual.preparation)
        return new
    }
}
