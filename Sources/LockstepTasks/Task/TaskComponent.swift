import LockstepConfiguration

/// A task that a run file can name: its configuration builds it.
public protocol TaskComponent: Component {
    /// The names of the metrics of an evaluation, including `loss`, which early stopping can watch.
    static var metrics: [String] { get }

    /// Builds the task: registers parameters and looks up fields.
    /// - Throws: `TrainingError.model` if task, model, loss and data do not fit together.
    func make(_ context: TaskContext) throws -> any LearningTask
}
