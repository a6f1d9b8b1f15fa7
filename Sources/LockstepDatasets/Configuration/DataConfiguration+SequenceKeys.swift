import LockstepConfiguration

extension DataConfiguration.Sequences: Configurable {
    public init() { self.init(trainInputs: "", trainLengths: "", trainTargets: "") }

    public static var keys: KeyTable<Self> {
        let file = "the path of an NPY file"
        return KeyTable(
            .text(
                "train_inputs", \.trainInputs, what: file,
                "steps of all training sequences, one sequence after the other, [steps, features]",
                default: .required),
            .text(
                "train_lengths", \.trainLengths, what: file, "number of steps of each training sequence, [N]",
                default: .required),
            .text(
                "train_targets", \.trainTargets, what: file,
                "training targets, [N], or [N, K] for regression and multi_label", default: .required),
            .optionalText("test_inputs", \.testInputs, what: file, "steps of all test sequences"),
            .optionalText("test_lengths", \.testLengths, what: file, "number of steps of each test sequence"),
            .optionalText("test_targets", \.testTargets, what: file, "test targets"),
            .word(
                "task", \.task, "whether targets are classes, numbers, or zeros and ones for several labels"),
            .optionalInteger(
                "classes", \.classes, .classes, "number of classes; auto: the largest training label plus 1",
                absent: "auto"),
            .flag(
                "standardize_targets", \.standardizeTargets,
                "for regression: shift and scale targets to mean 0 and standard deviation 1"),
            .including(\.preparation))
    }
}
