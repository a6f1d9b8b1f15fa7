import LockstepAutograd
import LockstepCollectives
import LockstepConfiguration
import LockstepDatasets
import LockstepExperiment
import LockstepMetrics
import LockstepOperations
import LockstepTasks
import LockstepTraining
import Testing

/// A task that computes its loss itself.
private final class Sum: LearningTask {
    struct Configuration: TaskComponent {
        static let name = "sum"
        static let metrics = ["loss"]
        static var keys: KeyTable<Self> { KeyTable() }
        func make(_ context: TaskContext) throws -> any LearningTask { Sum() }
    }

    func loss(_ batch: Batch, phase: Int) throws -> WeightedLoss { throw TrainingError.model("not computed") }
    func makeSums(_ request: MetricRequest) -> LossSum { LossSum() }
    func evaluate(_ batch: Batch, into sums: inout LossSum) throws {}
}

/// A loss in the run file that nothing reads is an error before training.
@Suite(.serialized) struct LossUseTests {
    private func refusal(_ task: String, _ loss: String) throws -> String {
        let folder = try RunLogFolder()
        let runFile = try RunFile(
            yaml: """
                task: \(task)
                model: {mlp: {hidden: [4]}}
                data: {synthetic: {samples: 40, shape: [4], classes: 3}}
                batch: 8
                max_steps: 1
                optimizer: {sgd: {learning_rate: 0.1}}
                loss: \(loss)
                """, registry: Registry.standard.adding(task: Sum.Configuration.self))
        do {
            _ = try TrainingRun(
                communicator: Communicator(), runFile: runFile, recipe: "test",
                options: .init(runDirectory: folder.path("run"))
            ).run()
            return "trained"
        } catch {
            return "\(error)"
        }
    }

    @Test func aLossThatIsNotReadIsRefused() throws {
        let message = try refusal("sum", "{cross_entropy: {label_smoothing: 0.1}}")
        #expect(
            message.hasPrefix("loss: cross_entropy has no effect: the task sum does not read this key"),
            "\(message)")
        #expect(message.contains("Tasks that read it are classification, "), "\(message)")
        #expect(try refusal("classification", "{cross_entropy: {label_smoothing: 0.1}}") == "trained")
        // Without a loss the task is built.
        #expect(try !refusal("sum", "auto").contains("no effect"))
    }
}
