import LockstepDatasets

extension DataConfiguration {
    /// What is predicted, which is known before the data are read.
    package var configuredTask: DataTask {
        switch self {
        case .csv(let source): source.task
        case .npy(let source): source.task
        case .fashionMNIST, .idx, .cifar10, .synthetic: .classification
        }
    }
}
