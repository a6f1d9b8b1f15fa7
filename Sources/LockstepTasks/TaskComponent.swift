import LockstepDatasets

/// A task that a run file can name, with its keys.
public protocol TaskComponent: Sendable {
    /// The name in a run file.
    static var name: String { get }
    /// The names of the metrics that an evaluation may have, `loss` included: what early stopping can watch.
    static var metrics: [String] { get }
    /// Builds the task: registers parameters and looks up fields.
    /// - Throws: `TrainingError.model` if task, model, loss and data do not fit each other.
    func make(_ context: TaskContext) throws -> any LearningTask
}
