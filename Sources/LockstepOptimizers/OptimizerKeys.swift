import LockstepConfiguration

/// Keys that several optimizers have.
extension KeyTable.Key {
    static func learningRate(_ path: WritableKeyPath<Value, Double>) -> Self {
        .number("learning_rate", path, .learningRate, "learning rate that the schedule starts from")
    }

    static func beta1(_ path: WritableKeyPath<Value, Double>) -> Self {
        .number("beta1", path, .decay, "decay of the averaged gradients")
    }

    static func beta2(_ path: WritableKeyPath<Value, Double>) -> Self {
        .number("beta2", path, .decay, "decay of the averaged squares")
    }

    static func epsilon(_ path: WritableKeyPath<Value, Double>) -> Self {
        .number("epsilon", path, .epsilon, "added to the root of the squares")
    }

    static func momentum(_ path: WritableKeyPath<Value, Double>) -> Self {
        .number("momentum", path, .decay, "factor on the velocity")
    }

    /// - Parameter place: where it acts, such as `added to the gradient`.
    static func weightDecay(_ path: WritableKeyPath<Value, Double>, _ place: String) -> Self {
        .number(
            "weight_decay", path, .weightDecay,
            "weight decay, of the parameters that `decay` names; \(place)")
    }
}
