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
}
