import LockstepConfiguration

extension DataConfiguration.CSV: Configurable {
    public init() { self.init(train: "", target: "") }

    public static var keys: KeyTable<Self> {
        let file = "the path of a CSV file, a pattern"
        return KeyTable(
            .oneOrMore("train", \.train.patterns, what: file, "table of training rows", default: .required),
            .text(
                "target", \.target, what: "the name of the column to predict",
                "column to predict; without a header, the number of the column from 0; -1 is the last",
                default: .required),
            .optionalOneOrMore(
                "test", \.test.filePatterns, what: file,
                "table of test rows, with the same columns; with a header, in any order"),
            .optionalOneOrMore(
                "validation_file", \.validationFile.filePatterns, what: file,
                "table of validation rows, instead of a share of the training rows"),
            .word("task", \.task, "whether the target is a class or a number"),
            .texts(
                "categorical", \.categorical,
                "columns of categories, which are one-hot encoded"),
            .texts("ignore", \.ignore, canBeEmpty: true, "columns that are left out"),
            .flag("header", \.header, "the first line names the columns"),
            .text("delimiter", \.delimiter, what: "one character", "character between fields"),
            .word(
                "encoding", \.encoding,
                "character encoding; windows-1252 is what spreadsheets call ANSI"),
            .word(
                "missing", \.missing,
                "what happens to a missing value: an error, or the column's training mean"),
            .texts(
                "missing_values", \.missingValues, canBeEmpty: true,
                "unquoted texts that stand for a missing value, \"\" for an empty field; in columns of names, a quoted text is a name"
            ),
            .standardizeTargets(\.standardizeTargets),
            .including(\.text), .including(\.treatment), .including(\.preparation))
    }
}

extension DataConfiguration.NPY: Configurable {
    public init() { self.init(trainInputs: "", trainTargets: "") }

    public static var keys: KeyTable<Self> {
        let file = "the path of an NPY or NPZ file, a pattern"
        return KeyTable(
            .oneOrMore(
                "train_inputs", \.trainInputs.patterns, what: file, "training inputs, [N, ...]",
                default: .required),
            .oneOrMore(
                "train_targets", \.trainTargets.patterns, what: file,
                "training targets, [N], or [N, K] for regression and multi_label", default: .required),
            .optionalOneOrMore("test_inputs", \.testInputs.filePatterns, what: file, "test inputs"),
            .optionalOneOrMore("test_targets", \.testTargets.filePatterns, what: file, "test targets"),
            .optionalOneOrMore(
                "validation_inputs", \.validationInputs.filePatterns, what: file,
                "validation inputs, instead of a share of the training data"),
            .optionalOneOrMore(
                "validation_targets", \.validationTargets.filePatterns, what: file, "validation targets"),
            .targetTask(\.task), .classCount(\.classes),
            .word(
                "layout", \.layout,
                "what the dimensions after the first mean; four as stored are images [N, H, W, C]"),
            .standardizeTargets(\.standardizeTargets),
            .dataMemory(\.memory), .stageTo(\.stageTo),
            .including(\.preparation))
    }
}
