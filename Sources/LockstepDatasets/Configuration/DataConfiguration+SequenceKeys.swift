import LockstepConfiguration

extension DataConfiguration.Sequences: Configurable {
    public init() { self.init(trainInputs: "", trainLengths: "", trainTargets: "") }

    public static var keys: KeyTable<Self> {
        let file = "the path of an NPY or NPZ file, a pattern"
        return KeyTable(
            .oneOrMore(
                "train_inputs", \.trainInputs.patterns, what: file,
                "steps of all training sequences, one sequence after the other, [steps, features]",
                default: .required),
            .oneOrMore(
                "train_lengths", \.trainLengths.patterns, what: file,
                "number of steps of each training sequence, [N]",
                default: .required),
            .oneOrMore(
                "train_targets", \.trainTargets.patterns, what: file,
                "training targets, [N], or [N, K] for regression and multi_label", default: .required),
            .optionalOneOrMore(
                "test_inputs", \.testInputs.filePatterns, what: file, "steps of all test sequences"),
            .optionalOneOrMore(
                "test_lengths", \.testLengths.filePatterns, what: file,
                "number of steps of each test sequence"),
            .optionalOneOrMore("test_targets", \.testTargets.filePatterns, what: file, "test targets"),
            .optionalOneOrMore(
                "validation_inputs", \.validationInputs.filePatterns, what: file,
                "steps of all validation sequences, instead of a share of the training sequences"),
            .optionalOneOrMore(
                "validation_lengths", \.validationLengths.filePatterns, what: file,
                "number of steps of each validation sequence"),
            .optionalOneOrMore(
                "validation_targets", \.validationTargets.filePatterns, what: file, "validation targets"),
            .targetTask(\.task), .classCount(\.classes),
            .standardizeTargets(\.standardizeTargets),
            .including(\.preparation))
    }
}
