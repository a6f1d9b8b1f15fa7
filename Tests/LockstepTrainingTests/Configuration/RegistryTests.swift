import Foundation
import LockstepAutograd
import LockstepConfiguration
import LockstepDatasets
import LockstepExperiment
import LockstepLayers
import LockstepModels
import LockstepOptimizers
import LockstepTasks
import LockstepTensors
import Testing

/// An architecture of a user's package.
private struct TwoTower: ModelComponent {
    struct Network: Model {
        let layer: Linear
        func callAsFunction(_ x: Variable) -> Variable { layer(x) }
    }

    static let name = "two_tower"
    static var keys: KeyTable<Self> {
        KeyTable(.integer("towers", \.towers, .within(1...8), "number of towers"))
    }
    var towers = 2

    func check() throws(ComponentError) {
        guard towers != 3 else { throw ComponentError(path: "towers", problem: "must not be 3") }
    }

    func make(_ scope: ParameterScope, input: ModelInput, outputs: Int) -> any Model {
        Network(layer: Linear(scope, inputs: input.sampleShape.elementCount, outputs: outputs))
    }
}

/// An optimizer that is not configured much.
private struct Plain: OptimizerComponent {
    static let name = "plain"
    static var keys: KeyTable<Self> {
        KeyTable(.number("rate", \.learningRate, .within(0...1), "learning rate"))
    }
    var learningRate = 0.5

    func make() -> any Optimizer { SGD(.init(learningRate: learningRate)) }
}

/// A schedule without warm-up.
private struct Halving: ScheduleComponent {
    static let name = "halving"
    static var keys: KeyTable<Self> { KeyTable() }

    func factor(step: Double, length: Double) -> Double { step < length / 2 ? 1 : 0.5 }
}

/// A task of a user's package.
private struct Contrast: TaskComponent {
    static let name = "contrast"
    static let metrics = ["loss", "mae"]
    static var keys: KeyTable<Self> {
        KeyTable(.number("margin", \.margin, .within(0...1), "margin of the loss"))
    }
    var margin = 0.5

    func make(_ context: TaskContext) throws -> any LearningTask { throw TrainingError.model("not made") }
}

/// Data that are made for the task.
private struct Pairs: DataComponent {
    static let name = "pairs"
    static var keys: KeyTable<Self> { KeyTable() }
    var taskName: String? { Contrast.name }

    func open(_ request: DatasetRequest) throws -> any Dataset { throw TrainingError.model("not opened") }
}

@Suite struct RegistryTests {
    private static let registry = Registry.standard.adding(model: TwoTower.self)
        .adding(optimizer: Plain.self).adding(schedule: Halving.self)
    private static let lines = [
        "model: two_tower", "data: synthetic", "batch: 16", "epochs: 1", "optimizer: {plain: {rate: 0.25}}",
        "schedule: halving",
    ]

    private func read(_ change: [String] = []) throws -> TrainingConfiguration {
        let lines = Self.lines.map { line in
            change.first { $0.prefix(5) == line.prefix(5) } ?? line
        }
        return try RunFile(yaml: lines.joined(separator: "\n"), registry: Self.registry).configuration
    }

    private func refusal(_ line: String) -> String {
        do {
            return "accepted: \(try read([line]))"
        } catch {
            return "\(error)"
        }
    }

    @Test func dataNameTheirTask() throws {
        let registry = Self.registry.adding(data: Pairs.self).adding(task: Contrast.self)
        func task(_ more: String) throws -> Contrast? {
            let lines = Self.lines.map { $0.hasPrefix("data") ? "data: pairs" : $0 } + [more]
            return try RunFile(yaml: lines.joined(separator: "\n"), registry: registry).configuration.task
                as? Contrast
        }
        #expect(try task("seed: 3")?.margin == 0.5)
        #expect(try task("task: {contrast: {margin: 0.25}}")?.margin == 0.25)
        #expect(try task("task: classification") == nil)
        // Data of the built-in kinds decide when their fields are known.
        #expect(try read().task == nil)
    }

    @Test func addedComponentsAreRead() throws {
        let configuration = try read(["model: {two_tower: {towers: 5}}"])
        #expect((configuration.model as? TwoTower)?.towers == 5)
        #expect(configuration.optimizer.learningRate == 0.25)
        #expect(configuration.schedule.learningRate(step: 9, totalSteps: 10, base: 2) == 1)
        let text = try configuration.yaml()
        #expect(text.contains("model:\n  two_tower:\n    towers: 5\n"))
        #expect(text.contains("schedule: halving\n"))
        #expect(try RunFile(yaml: text, registry: Self.registry).configuration == configuration)
        #expect(try read() != configuration)
    }

    @Test func mistakesInThemAreRefused() {
        #expect(
            refusal("model: {two_tower: {towers: 9}}")
                == "line 1: model.two_tower.towers: must be a whole number from 1 to 8; got 9")
        #expect(
            refusal("model: {two_tower: {tower: 1}}")
                == "line 1: model.two_tower.tower: unknown key; did you mean 'towers'? the command `keys` lists all"
        )
        #expect(
            refusal("model: {two_tower: {towers: 3}}") == "line 1: model.two_tower.towers: must not be 3")
        #expect(
            refusal("model: two_towers")
                == "line 1: model: must be one of mlp, cnn, resnet, mobilenet, gpt, rnn, lstm, gru, none, "
                + "two_tower; got two_towers; did you mean 'two_tower'?"
        )
    }

    @Test func aRunFileCannotNameWhatIsNotAdded() {
        let error = #expect(throws: ConfigurationError.self) {
            try RunFile(yaml: Self.lines.joined(separator: "\n"))
        }
        #expect(error?.path == "model" && error?.kind == .illegalValue)
    }

    @Test func theyAreListedAfterTheOthers() throws {
        let keys = try ConfigurationReference.runFile(Self.registry).keys
        let models = try #require(keys.first { $0.path == "model" })
        #expect(models.values.hasSuffix(", none, two_tower"))
        let towers = try #require(keys.first { $0.path == "model.two_tower.towers" })
        #expect(towers.defaultValue == "2" && towers.meaning == "number of towers")
        #expect(try ConfigurationReference.runFile().keys.count == keys.count - 2)
    }

    @Test func aNameIsTakenOnce() async {
        await #expect(processExitsWith: .failure) {
            _ = Registry.standard.adding(schedule: CosineSchedule.self)
        }
    }

    @Test func referencePageIsCurrent() throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../docs/reference/keys.md")
        #expect(
            try String(contentsOf: page, encoding: .utf8) == ConfigurationReference.runFile().markdown,
            "lockstep keys --markdown > docs/reference/keys.md")
    }

    /// A metric of a task of a program is suggested for its long name.
    @Test func metricsOfATask() {
        let lines =
            Self.lines + [
                "task: contrast", "early_stopping: {metric: validation_mean_absolute_error}",
            ]
        let error = #expect(throws: ConfigurationError.self) {
            try RunFile(
                yaml: lines.joined(separator: "\n"), registry: Self.registry.adding(task: Contrast.self))
        }
        #expect(
            error?.description.hasSuffix("did you mean 'validation_mae'?") == true,
            "\(String(describing: error))")
    }
}
