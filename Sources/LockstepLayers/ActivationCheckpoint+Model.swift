import LockstepAutograd

extension ActivationCheckpoint: Model {}

extension Model {
    /// This part of a network with activation checkpointing; the part as it is if `isCheckpointed` is false, so that a key
    /// of a configuration can decide.
    public func checkpointed(_ isCheckpointed: Bool = true) -> any Model {
        isCheckpointed ? ActivationCheckpoint { self($0) } : self
    }
}
