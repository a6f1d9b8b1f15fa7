import LockstepConfiguration

extension KeyTable.Key {
    /// The memory for decoded inputs.
    static func dataMemory(_ path: WritableKeyPath<Value, Int?>) -> Self {
        .optionalSize(
            "memory", path, .dataMemory,
            "memory for decoded inputs: larger ones are read from their files when they are needed; auto: half of what the machine or its control group has",
            absent: "auto")
    }

    /// The folder for copies.
    static func stageTo(_ path: WritableKeyPath<Value, String?>) -> Self {
        .optionalText(
            "stage_to", path, what: "the path of a folder, which may begin with a variable such as $TMPDIR",
            "where each host keeps a copy of files whose inputs take more than memory")
    }
}
