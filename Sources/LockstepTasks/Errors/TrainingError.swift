/// An error that ends a training run and that no other error type covers.
public enum TrainingError: Error, Sendable, Hashable {
    /// The loss or the gradient became infinite or not a number.
    case nonFinite(step: Int, loss: Double, norm: Double, checkpoint: String?)
    /// A parameter, a running statistic or a moment has elements that are infinite or NaN.
    case nonFiniteTensor(name: String, origin: StateOrigin)
    /// The model does not fit the data set, the loss, or the request.
    case model(String)
    /// The outputs of a trained model are invalid.
    case outputs(String)
    /// The checkpoint belongs to another experiment.
    case otherExperiment(key: String, checkpoint: String, configuration: String)
    /// The checkpoint was trained on other data, with a description of the differences.
    case otherData(String)
    /// A problem of the machine or the environment.
    case environment(String)
}

/// The origin of a run's state.
public enum StateOrigin: Sendable, Hashable {
    /// The initializers.
    case beginning
    /// The directory of a checkpoint.
    case checkpoint(String)
    /// The update of a step, counted from 1, and the directory of the newest checkpoint, nil if there is
    /// none.
    case step(Int, newest: String?)
}

extension TrainingError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .nonFinite(let step, let loss, let norm, let checkpoint):
            "Step \(step): the loss is \(Self.text(loss)) and the norm of the gradient is \(Self.text(norm)). All ranks "
                + "stop before the update. "
                + Self.text(ofNewest: checkpoint)
                + "Lower the learning rate, add warm-up, or clip gradients (clip: {norm: 1.0}). Also check "
                + "that the samples of this step have no values that are infinite or not a number."
        case .nonFiniteTensor(let name, .beginning):
            "\(name) has elements that are infinite or not a number before the first step. Check its initializer."
        case .nonFiniteTensor(let name, .checkpoint(let path)):
            "\(path): \(name) has elements that are infinite or not a number, so this checkpoint cannot be used. Use an earlier one."
        case .nonFiniteTensor(let name, .step(let step, let checkpoint)):
            "After step \(step), \(name) has elements that are infinite or not a number. All ranks stop. "
                + "No checkpoint of this step is written. " + Self.text(ofNewest: checkpoint)
                + "Lower the learning rate, add warm-up, or clip gradients (clip: {norm: 1.0})."
        case .model(let reason), .outputs(let reason): reason
        case .otherExperiment(let key, let checkpoint, let configuration):
            "The checkpoint was written with \(key) = \(checkpoint), but the configuration says \(configuration). "
                + "Resume with the run file that wrote it, or start a new run."
        case .otherData(let difference):
            "The checkpoint was trained on other data: \(difference). Resume with the original data, or start a new run."
        case .environment(let reason): reason
        }
    }

    private static func text(ofNewest checkpoint: String?) -> String {
        checkpoint.map { "The newest checkpoint is \($0). " } ?? "No checkpoint had been written. "
    }

    /// Without the sign of NaN.
    private static func text(_ value: Double) -> String { value.isNaN ? "nan" : "\(value)" }
}
