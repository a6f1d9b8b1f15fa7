import LockstepConfiguration

extension KeyTable.Key {
    /// The memory for decoded inputs.
    static func dataMemory(_ path: WritableKeyPath<Value, Int?>) -> Self {
        .optionalSize(
            "memory", path, .dataMemory,
            "memory for decoded inputs; larger inputs are read from their files when they are needed; auto: half the memory of the "
                + "machine or its control group",
            absent: "auto")
    }

    /// The folder for copies.
    static func stageTo(_ path: WritableKeyPath<Value, String?>) -> Self {
        .optionalText(
            "stage_to", path, what: "the path of a folder, which may begin with a variable such as $TMPDIR",
            "folder on a local disk of each host, to which files are copied whose inputs do not fit into memory"
        )
    }

    /// What targets are.
    static func targetTask(_ path: WritableKeyPath<Value, DataTask>) -> Self {
        .word("task", path, "whether targets are classes, numbers, or zeros and ones for several labels")
    }

    /// The number of classes.
    static func classCount(_ path: WritableKeyPath<Value, Int?>) -> Self {
        .optionalInteger(
            "classes", path, .classes, "number of classes; auto: the largest training label plus 1",
            absent: "auto")
    }

    /// Whether numbers to predict are standardized.
    static func standardizeTargets(_ path: WritableKeyPath<Value, Bool>) -> Self {
        .flag(
            "standardize_targets", path,
            "for regression: standardise targets to mean 0 and standard deviation 1")
    }
}
