import Foundation
import LockstepCheckpoints
import LockstepCollectives
import LockstepExperiment
import LockstepTraining
import Testing

/// Which parameters weight decay, l1 and l2 apply to, by role.
@Suite(.serialized) struct DecayTests {
    private let folder: RunLogFolder
    init() throws { folder = try RunLogFolder() }

    /// Gradients are clipped to almost nothing before the decay of a tenth is added: a step shows which parameters decay.
    private static let common = """
        batch: 4
        shards: 2
        max_steps: 1
        clip: {value: 1.0e-30}
        evaluation_block: 8
        """

    /// Batch normalization; biases start at zero, and have no decay to show.
    private static let images =
        """
        model: {resnet: {}}
        data: {synthetic: {samples: 8, shape: [8, 8, 1], classes: 2}}

        """ + common

    /// The parameters after a step, by name.
    private func parameters(_ runFile: String, _ name: String, _ more: [String]) throws -> [String: [Float]] {
        let run = folder.path(name)
        _ = try TrainingRun(
            communicator: Communicator(), runFile: RunFile(yaml: runFile, overrides: more), recipe: "test",
            options: .init(runDirectory: run)
        ).run()
        let file = try SafetensorsFile(run + "/checkpoints/latest/model.safetensors")
        var values: [String: [Float]] = [:]
        for entry in file.header.entries where entry.type == .float32 {
            var numbers = [Float](repeating: 0, count: entry.shape.reduce(1, *))
            try numbers.withUnsafeMutableBytes { bytes in
                try file.read(
                    into: [
                        TensorDestination(name: entry.name, type: .float32, shape: entry.shape, bytes: bytes)
                    ], isComplete: false)
            }
            values[entry.name] = numbers
        }
        return values
    }

    /// The names of the parameters that decay, of those that do not start at zero.
    private func decaying(_ runFile: String, _ decay: String, _ rule: [String]) throws -> (
        those: Set<String>, all: Set<String>, norms: Set<String>
    ) {
        defer {
            for name in ["start", "end"] { try? FileManager.default.removeItem(atPath: folder.path(name)) }
        }
        let start = try parameters(runFile, "start", ["optimizer={sgd: {learning_rate: 0.0}}"])
        let end = try parameters(runFile, "end", rule + ["decay=\(decay)"])
        let names = Set(start.filter { !$0.key.contains("running_") && $0.value.contains { $0 != 0 } }.keys)
        return (
            names.filter { name in
                zip(start[name] ?? [], end[name] ?? []).contains { abs($0 - $1) > abs($0) * 0.05 }
            }, names,
            // The scale of a normalization starts at one.
            names.filter { name in start[name]?.allSatisfy { $0 == 1 } ?? false }
        )
    }

    @Test(arguments: [
        ["optimizer={sgd: {learning_rate: 1.0, weight_decay: 0.1}}"],
        ["optimizer={adamw: {learning_rate: 1.0e-6, weight_decay: 100000}}"],
        ["optimizer={lion: {learning_rate: 1.0e-6, weight_decay: 100000}}"],
        ["optimizer={sgd: {learning_rate: 1.0}}", "l2=0.1"],
    ]) func imageRoles(_ rule: [String]) throws {
        let all = try decaying(Self.images, "{}", rule)
        #expect(all.those == all.all && all.norms.count > 5)
        let weights = try decaying(Self.images, "{norms: false, biases: false}", rule)
        #expect(weights.those == all.all.filter { $0.hasSuffix(".weight") }.subtracting(all.norms))
        let norms = try decaying(Self.images, "{biases: false}", rule)
        #expect(norms.those == all.all)
    }

    private func text(_ model: String) throws -> String {
        try Data(String(repeating: "abcdefgh ", count: 40).utf8).write(
            to: URL(filePath: folder.path("text.txt")))
        return """
            model: {\(model)}
            data: {text: {path: \(folder.path("text.txt")), context: 8, validation: 0.2}}

            """ + Self.common
    }

    private static let rule = ["optimizer={sgd: {learning_rate: 1.0, weight_decay: 0.1}}"]

    @Test func embeddings() throws {
        let runFile = try text("gpt: {layers: 1, width: 8, heads: 2}")
        let all = try decaying(runFile, "{}", Self.rule)
        #expect(all.those == all.all && all.norms.count == 3)
        let some = try decaying(runFile, "{embeddings: false}", Self.rule)
        #expect(
            all.all.subtracting(some.those) == ["token_embedding.weight", "position_embedding.weight"])
    }

    /// Those of a recurrent network do not start at zero.
    @Test func biases() throws {
        let runFile = try text("lstm: {hidden: 8, embedding: 4}")
        let all = try decaying(runFile, "{}", Self.rule)
        #expect(all.those == all.all)
        let some = try decaying(runFile, "{biases: false}", Self.rule)
        let exempt = all.all.subtracting(some.those)
        #expect(!exempt.isEmpty && exempt == all.all.filter { $0.contains("bias") })
    }
}
