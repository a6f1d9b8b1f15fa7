import LockstepAutograd
import LockstepDatasets
import LockstepLayers
import LockstepModels
import LockstepTasks
import LockstepTensors

/// Builds the task of a configuration with its networks: for training, for trained models, and for
/// measurements.
package struct TaskBuilder {
    private let configuration: TrainingConfiguration
    private let model: ModelBuilder?
    private let beforeModel: (ModelInput, _ outputs: Int) throws -> Void

    /// - Parameters:
    ///   - model: the model of a program; nil for that of the configuration.
    ///   - beforeModel: called before a model of the configuration is built.
    package init(
        _ configuration: TrainingConfiguration, model: ModelBuilder?,
        beforeModel: @escaping (ModelInput, Int) throws -> Void = { _, _ in }
    ) {
        self.configuration = configuration
        self.model = model
        self.beforeModel = beforeModel
    }

    /// Builds the task and registers its parameters in a store.
    /// - Throws: `TrainingError.model`, `ModelConfigurationError`; errors of a program's model.
    package func make(_ schema: BatchSchema, _ store: ParameterStore) throws -> any LearningTask {
        let loss = configuration.loss
        let component = try configuration.task ?? DefaultTask.make(schema, loss: loss)
        return try component.make(
            TaskContext(schema: schema, scope: store.root, loss: loss) { scope, input, outputs in
                if let model { return try model(scope, input.sampleShape, outputs) }
                try configuration.model.validate(input: input)
                try beforeModel(input, outputs)
                return configuration.model.make(scope, input: input, outputs: outputs)
            })
    }
}
