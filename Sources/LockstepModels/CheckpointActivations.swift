import LockstepConfiguration

extension KeyTable.Key {
    /// `checkpoint_activations`, which several models have.
    static func checkpointActivations(_ path: WritableKeyPath<Value, Bool>) -> Self {
        flag(
            "checkpoint_activations", path,
            "activation (gradient) checkpointing: backward computes each block again instead of keeping its "
                + "results; less memory, more time, the same bits")
    }
}
