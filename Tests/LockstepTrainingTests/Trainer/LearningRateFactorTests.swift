import Foundation
import LockstepCheckpoints
import LockstepCollectives
import LockstepExperiment
import LockstepTraining
import Testing

/// `learning_rate_factors`: the step of a parameter is the factor times the step that it makes without.
@Suite(.serialized) struct LearningRateFactorTests {
    private let folder: RunLogFolder
    init() throws { folder = try RunLogFolder() }

    /// The parameters after a step, by name.
    private func parameters(_ name: String, _ more: [String]) throws -> [String: [Float]] {
        let runFile = try RunFile(
            yaml: """
                model: {mlp: {hidden: [8, 8]}}
                data: {synthetic: {samples: 16, shape: [5], classes: 3}}
                batch: 8
                shards: 2
                max_steps: 1
                optimizer: {sgd: {learning_rate: 0.5}}
                """, overrides: more)
        _ = try TrainingRun(
            communicator: Communicator(), runFile: runFile, recipe: "test",
            options: .init(runDirectory: folder.path(name))
        ).run()
        let file = try SafetensorsFile(folder.path(name) + "/checkpoints/latest/model.safetensors")
        var values: [String: [Float]] = [:]
        for entry in file.header.entries {
            var numbers = [Float](repeating: 0, count: entry.shape.reduce(1, *))
            try numbers.withUnsafeMutableBufferPointer { try file.readFloats(entry, into: $0) }
            values[entry.name] = numbers
        }
        return values
    }

    @Test func theFirstPatternThatFitsCounts() throws {
        let start = try parameters("start", ["optimizer.sgd.learning_rate=0.0"])
        let plain = try parameters("plain", [])
        let scaled = try parameters(
            "scaled", [#"learning_rate_factors={"hidden.*.bias": 4, hidden: 0.25, output.weight: 2}"#])
        let factors: [String: Float] = [
            "hidden.0.weight": 0.25, "hidden.0.bias": 4, "hidden.1.weight": 0.25, "hidden.1.bias": 4,
            "output.weight": 2, "output.bias": 1,
        ]
        #expect(Set(start.keys) == Set(factors.keys))
        for (name, factor) in factors {
            let values = try zip(
                #require(start[name]), zip(#require(plain[name]), #require(scaled[name])))
            for (start, (plain, scaled)) in values {
                #expect(
                    abs((scaled - start) - factor * (plain - start)) <= 1e-6 * max(1, abs(scaled)), "\(name)")
            }
            #expect(try #require(plain[name]) != #require(start[name]), "\(name) stays as it is")
        }
        // Written for a resume and for others who read the run.
        let config = try String(contentsOfFile: folder.path("scaled") + "/config.yaml", encoding: .utf8)
        #expect(
            config.contains(
                "learning_rate_factors:\n  \"hidden.*.bias\": 4.0\n  hidden: 0.25\n  output.weight: 2.0\n"))
    }
}
