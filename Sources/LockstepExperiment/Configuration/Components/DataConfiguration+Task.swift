import LockstepDatasets

extension DataConfiguration {
    /// The number of samples that are evaluated at once where the run file does not say: a network's outputs, and what leads
    /// to them, are much larger for a window of a text than for a picture.
    package var usualEvaluationBlock: Int { windows.map { max(1, 4096 / max(1, $0.context)) } ?? 500 }

    /// What is predicted, which is known before the data are read.
    package var configuredTask: DataTask {
        switch self {
        case .csv(let source): source.task
        case .npy(let source): source.task
        case .sequences(let source): source.task
        case .text, .kingJames, .shakespeare: .language
        case .fashionMNIST, .idx, .cifar10, .synthetic: .classification
        }
    }
}
