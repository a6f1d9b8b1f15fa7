import Foundation
import LockstepExperiment
import LockstepTraining
import Testing

private let examples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Examples")

@Suite struct ExampleRunFileTests {
    @Test func thereIsOneForEveryKindOfData() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: examples.path).filter {
            $0.hasSuffix(".yaml")
        }
        let files = try names.map { try RunFile(path: examples.appending(path: $0).path) }
        let kinds = Set(files.map(\.configuration.data.name))
        #expect(
            kinds.isSuperset(of: [
                "fashion_mnist", "csv", "npy", "cifar10", "synthetic", "king_james", "shakespeare",
            ]))
        for file in files {
            #expect(try RunFile(yaml: file.configuration.yaml()).configuration == file.configuration)
            // Two ranks at least can run each of them.
            _ = try file.configuration.resolved(ranks: 4)
        }
    }

    @Test(arguments: ["fashion-mlp", "fashion-cnn", "fashion-resnet", "synthetic-mlp", "king-james-gpt"])
    func namesThatDocumentationRefersTo(_ name: String) throws {
        _ = try RunFile(path: examples.appending(path: "\(name).yaml").path)
    }

    @Test func fashionMLPIsTheOneOfTheReadMe() throws {
        let configuration = try RunFile(path: examples.appending(path: "fashion-mlp.yaml").path).configuration
        let expected = try RunFile(
            yaml: """
                model: {mlp: {hidden: [512, 256], activation: relu}}
                data: {fashion_mnist: {validation: 0.1}}
                batch: 256            # samples per step over all ranks
                shards: 4             # any number of ranks up to this gives the same bits
                threads: 1            # per rank; belongs to the experiment, as shards do
                epochs: 5             # or max_steps
                optimizer: {adam: {learning_rate: 0.001}}
                schedule: {cosine: {warmup_steps: 200}}
                clip: {norm: 1.0}
                evaluate: {every_epochs: 1}
                early_stopping: {metric: validation_loss, patience: 3}
                checkpoint: {every_steps: 200, keep: 3}
                seed: 1
                """
        ).configuration
        #expect(configuration == expected)
    }
}
