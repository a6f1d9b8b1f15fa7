import LockstepConfiguration
import LockstepContracts
import LockstepDatasets
import LockstepModels
import LockstepOptimizers
import LockstepTasks

/// The components that run files can name.
///
/// A program with components of its own adds them to those of Lockstep: `Registry.standard.adding(model: TwoTower.self)`.
/// Components are listed in the order in which they were added. Adding a name twice ends the program with a message.
public struct Registry: Sendable {
    /// The architectures.
    public private(set) var models: [any ModelComponent.Type] = []
    /// The optimizers.
    public private(set) var optimizers: [any OptimizerComponent.Type] = []
    /// The courses of the learning rate.
    public private(set) var schedules: [any ScheduleComponent.Type] = []
    /// The data.
    public private(set) var data: [any DataComponent.Type] = []
    /// The tasks.
    public private(set) var tasks: [any TaskComponent.Type] = []
    /// The losses of tasks with one output and one target.
    public private(set) var losses: [any LossComponent.Type] = []

    /// A registry without components.
    public init() {}

    /// The components of Lockstep.
    public static let standard = Registry()
        .adding(model: MLPConfiguration.self).adding(model: CNNConfiguration.self)
        .adding(model: ResNetConfiguration.self).adding(model: MobileNetConfiguration.self)
        .adding(model: GPTConfiguration.self).adding(model: RNNConfiguration.self)
        .adding(model: LSTMConfiguration.self).adding(model: GRUConfiguration.self)
        .adding(model: NoModel.self)
        .adding(optimizer: SGD.Configuration.self).adding(optimizer: Adam.Configuration.self)
        .adding(optimizer: AdamW.Configuration.self).adding(optimizer: RMSprop.Configuration.self)
        .adding(optimizer: Adagrad.Configuration.self)
        .adding(schedule: ConstantSchedule.self).adding(schedule: StepSchedule.self)
        .adding(schedule: MilestonesSchedule.self).adding(schedule: ExponentialSchedule.self)
        .adding(schedule: PolynomialSchedule.self).adding(schedule: CosineSchedule.self)
        .adding(schedule: OneCycleSchedule.self)
        .adding(data: DataConfiguration.FashionMNIST.self).adding(data: DataConfiguration.IDX.self)
        .adding(data: DataConfiguration.CSV.self).adding(data: DataConfiguration.NPY.self)
        .adding(data: DataConfiguration.Sequences.self)
        .adding(data: DataConfiguration.CIFAR10.self).adding(data: DataConfiguration.Synthetic.self)
        .adding(data: DataConfiguration.Text.self).adding(data: DataConfiguration.KingJames.self)
        .adding(data: DataConfiguration.Shakespeare.self)
        .adding(data: ImageFolder.self).adding(data: ImageShards.self)
        .adding(data: SoundFolder.self)
        .adding(task: Classification.Configuration.self).adding(task: BinaryClassification.Configuration.self)
        .adding(task: MultiLabelClassification.Configuration.self).adding(task: Regression.Configuration.self)
        .adding(task: LanguageModeling.Configuration.self)
        .adding(loss: CrossEntropyConfiguration.self).adding(loss: MeanSquaredErrorConfiguration.self)
        .adding(loss: BinaryCrossEntropyConfiguration.self).adding(loss: HuberConfiguration.self)

    /// The registry with another architecture.
    public func adding(model: any ModelComponent.Type) -> Registry {
        var new = self
        Self.require(model.name, isNewIn: models.map { $0.name }, "model")
        new.models.append(model)
        return new
    }

    /// The registry with another optimizer.
    public func adding(optimizer: any OptimizerComponent.Type) -> Registry {
        var new = self
        Self.require(optimizer.name, isNewIn: optimizers.map { $0.name }, "optimizer")
        new.optimizers.append(optimizer)
        return new
    }

    /// The registry with another course of the learning rate.
    public func adding(schedule: any ScheduleComponent.Type) -> Registry {
        var new = self
        Self.require(schedule.name, isNewIn: schedules.map { $0.name }, "schedule")
        new.schedules.append(schedule)
        return new
    }

    /// The registry with other data.
    public func adding(data component: any DataComponent.Type) -> Registry {
        var new = self
        Self.require(component.name, isNewIn: data.map { $0.name }, "data")
        new.data.append(component)
        return new
    }

    /// The registry with another task.
    public func adding(task: any TaskComponent.Type) -> Registry {
        var new = self
        Self.require(task.name, isNewIn: tasks.map { $0.name }, "task")
        new.tasks.append(task)
        return new
    }

    /// The registry with another loss.
    public func adding(loss: any LossComponent.Type) -> Registry {
        var new = self
        Self.require(loss.name, isNewIn: losses.map { $0.name }, "loss")
        new.losses.append(loss)
        return new
    }

    private static func require(_ name: String, isNewIn names: [String], _ kind: String) {
        contract(
            !names.contains(name),
            "Registry.adding(\(kind):): there is a \(kind) of the name '\(name)' already; give it another name"
        )
    }
}
