import LockstepConfiguration
import LockstepContracts
import LockstepDatasets
import LockstepModels
import LockstepOptimizers
import LockstepTasks
import LockstepTrackers

/// The components that run files can name.
///
/// A program adds custom components to those of Lockstep: `Registry.standard.adding(model: TwoTower.self)`.
/// Components are listed in the order of adding. Adding a duplicate name ends the program with a message.
public struct Registry: Sendable {
    /// The architectures.
    public private(set) var models: [any ModelComponent.Type] = []
    /// The optimizers.
    public private(set) var optimizers: [any OptimizerComponent.Type] = []
    /// The learning-rate schedules.
    public private(set) var schedules: [any ScheduleComponent.Type] = []
    /// The data.
    public private(set) var data: [any DataComponent.Type] = []
    /// The tasks.
    public private(set) var tasks: [any TaskComponent.Type] = []
    /// The losses of tasks with one output and one target.
    public private(set) var losses: [any LossComponent.Type] = []
    /// The formats of other programs that a run is logged in.
    public private(set) var trackers: [any TrackerComponent.Type] = []

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
        .adding(optimizer: Adagrad.Configuration.self).adding(optimizer: Lion.Configuration.self)
        .adding(optimizer: LARS.Configuration.self).adding(optimizer: LAMB.Configuration.self)
        .adding(schedule: ConstantSchedule.self).adding(schedule: StepSchedule.self)
        .adding(schedule: MilestonesSchedule.self).adding(schedule: ExponentialSchedule.self)
        .adding(schedule: PolynomialSchedule.self).adding(schedule: CosineSchedule.self)
        .adding(schedule: OneCycleSchedule.self)
        .adding(data: DataConfiguration.FashionMNIST.self).adding(data: DataConfiguration.IDX.self)
        .adding(data: DataConfiguration.CSV.self).adding(data: DataConfiguration.JSONLines.self)
        .adding(data: DataConfiguration.NPY.self).adding(data: DataConfiguration.HDF5.self)
        .adding(data: DataConfiguration.Sequences.self)
        .adding(data: DataConfiguration.CIFAR10.self).adding(data: DataConfiguration.Synthetic.self)
        .adding(data: DataConfiguration.Text.self).adding(data: DataConfiguration.KingJames.self)
        .adding(data: DataConfiguration.Shakespeare.self)
        .adding(data: TokenFiles.self)
        .adding(data: ImageFolder.self).adding(data: ImageShards.self)
        .adding(data: SoundFolder.self)
        .adding(task: Classification.Configuration.self).adding(task: BinaryClassification.Configuration.self)
        .adding(task: MultiLabelClassification.Configuration.self).adding(task: Regression.Configuration.self)
        .adding(task: LanguageModeling.Configuration.self)
        .adding(loss: CrossEntropyConfiguration.self).adding(loss: MeanSquaredErrorConfiguration.self)
        .adding(loss: BinaryCrossEntropyConfiguration.self).adding(loss: HuberConfiguration.self)
        .adding(tracker: CSVTracker.Configuration.self).adding(tracker: TensorBoardTracker.Configuration.self)
        .adding(tracker: MLflowTracker.Configuration.self)

    /// The registry with one more architecture.
    public func adding(model: any ModelComponent.Type) -> Registry { adding(model, to: \.models, "model") }

    /// The registry with one more optimizer.
    public func adding(optimizer: any OptimizerComponent.Type) -> Registry {
        adding(optimizer, to: \.optimizers, "optimizer")
    }

    /// The registry with one more learning-rate schedule.
    public func adding(schedule: any ScheduleComponent.Type) -> Registry {
        adding(schedule, to: \.schedules, "schedule")
    }

    /// The registry with one more kind of data.
    public func adding(data: any DataComponent.Type) -> Registry { adding(data, to: \.data, "data") }

    /// The registry with one more task.
    public func adding(task: any TaskComponent.Type) -> Registry { adding(task, to: \.tasks, "task") }

    /// The registry with one more loss.
    public func adding(loss: any LossComponent.Type) -> Registry { adding(loss, to: \.losses, "loss") }

    /// The registry with one more tracker.
    public func adding(tracker: any TrackerComponent.Type) -> Registry {
        adding(tracker, to: \.trackers, "tracker")
    }

    private func adding<Kind>(
        _ type: Kind, to types: WritableKeyPath<Registry, [Kind]>, _ kind: String
    ) -> Registry {
        func name(_ type: Kind) -> String { (type as? any Component.Type)?.name ?? "" }
        contract(
            !self[keyPath: types].contains { name($0) == name(type) },
            "Registry.adding(\(kind):): there is already a \(kind) with the name '\(name(type))'; choose another name"
        )
        var new = self
        new[keyPath: types].append(type)
        return new
    }
}
