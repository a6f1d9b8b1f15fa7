import Foundation
import Testing

/// The example of sequences with lengths, and targets of several labels, on arrays made here.
@Suite(.serialized) struct SequenceExampleTests {
    private let program = CommandRunner.productsDirectory.appendingPathComponent("SpeechDigits").path
    private let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    private func write(
        _ name: String, _ element: NPYFile.Element, _ shape: [Int], _ value: (Int) -> Double
    ) throws -> String {
        try NPYFile.data(element, shape: shape, value).write(to: URL(fileURLWithPath: directory.path(name)))
        return directory.path(name)
    }

    /// Numbers in -1 ... 1 that look random.
    private func number(_ index: Int) -> Double { Double((index &* 2_654_435_761) & 0xFFFF) / 32768 - 1 }

    private func sequences() throws -> String {
        let lengths = (0..<60).map { 3 + $0 * 7 % 9 }
        let steps = lengths.reduce(0, +)
        let inputs = try write("x.npy", .float32, [steps, 13], number)
        let counts = try write("lengths.npy", .int64, [60]) { Double(lengths[$0]) }
        let targets = try write("y.npy", .int64, [60]) { Double($0 % 10) }
        return try directory.write(
            "run.yaml",
            """
            task: {spoken_digits: {units: 8, layers: 2, dropout: 0.2}}
            model: none
            data: {sequences: {train_inputs: \(inputs), train_lengths: \(counts), train_targets: \(targets), validation: 0.2}}
            batch: 16
            shards: 4
            max_steps: 12
            optimizer: adam
            average: {decay: 0.9}
            """)
    }

    @Test func sameBitsAndPredictions() throws {
        let file = try sequences()
        func train(_ name: String, ranks: Int, _ more: [String]) throws {
            let result = try CommandRunner.run(
                CommandRunner.launcher,
                ["-n", "\(ranks)", program, "train", file, "--run-dir", directory.path(name)] + more)
            #expect(result.status == 0, "\(result.tail)")
        }
        try train("1", ranks: 1, [])
        try train("2", ranks: 2, ["--set", "loader_threads=3"])
        try train("cut", ranks: 3, ["--stop-after-step", "5"])
        try train("cut", ranks: 2, ["--resume"])
        let one = try RunResults(directory.path("1"))
        for name in ["2", "cut"] {
            #expect(try RunResults(directory.path(name)).difference(from: one) == nil, "\(name)")
        }
        let predicted = try CommandRunner.run(
            program, ["predict", directory.path("1"), "--split", "validation", "--output", "-"])
        #expect(
            predicted.status == 0 && predicted.output.split(separator: "\n").count == 13,
            "\(predicted.output)")
        #expect(predicted.output.hasPrefix("sample,target,prediction\n"))
    }

    @Test func severalLabels() throws {
        let inputs = try write("x.npy", .float32, [80, 4], number)
        // The labels are the signs of the first three inputs.
        let targets = try write("y.npy", .int64, [80, 3]) { number($0 / 3 * 4 + $0 % 3) > 0 ? 1 : 0 }
        let file = try directory.write(
            "labels.yaml",
            """
            model: {mlp: {hidden: [16]}}
            data: {npy: {train_inputs: \(inputs), train_targets: \(targets), task: multi_label, validation: 0.25}}
            batch: 20
            epochs: 60
            optimizer: {adam: {learning_rate: 0.02}}
            early_stopping: {metric: validation_micro_f1, patience: 60}
            """)
        let run = directory.path("labels")
        let trained = try CommandRunner.lockstep(ranks: 2, ["train", file, "--run-dir", run], timeout: 120)
        #expect(trained.status == 0, "\(trained.tail)")
        let evaluated = try CommandRunner.lockstep(
            ranks: 1, ["evaluate", run, "--split", "validation"], timeout: 60)
        #expect(evaluated.status == 0, "\(evaluated.tail)")
        for metric in ["exact match", "micro f1", "macro f1", "accuracy"] {
            #expect(evaluated.output.contains("\n\(metric) "), "\(metric): \(evaluated.output)")
        }
        let predicted = try CommandRunner.lockstep(
            ranks: 1, ["predict", run, "--split", "validation", "--output", "-"], timeout: 60)
        let lines = predicted.output.split(separator: "\n")
        #expect(
            lines.first
                == "sample,target 0,prediction 0,probability 0,target 1,prediction 1,probability 1,target 2,prediction 2,probability 2"
        )
        #expect(lines.count == 21)
        // Nearly all of them are learned.
        let fields = lines.dropFirst().map { $0.split(separator: ",") }
        let right = fields.reduce(0) { sum, row in sum + [1, 4, 7].count { row[$0] == row[$0 + 1] } }
        #expect(right >= 50, "\(right) of 60")
    }
}
