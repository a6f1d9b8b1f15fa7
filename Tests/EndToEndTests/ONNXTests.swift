import Foundation
import Testing

/// `lockstep export`: onnxruntime and PyTorch compute the same as Lockstep, for every family of models.
@Suite(.serialized) struct ONNXTests {
    private let directory: TemporaryDirectory
    private var run: String { directory.path("run") }
    private var file: String { directory.path("model.onnx") }
    private var module: String { directory.path("network.py") }
    init() throws { directory = try TemporaryDirectory() }

    /// scripts/onnx/compare installs onnx and onnxruntime.
    private static let comparison = CommandRunner.repository.appendingPathComponent("scripts/onnx/compare")
        .path

    private func command(_ arguments: [String]) throws -> CommandResult {
        try CommandRunner.lockstep(ranks: 1, arguments, timeout: 300)
    }

    private func train(_ model: String, _ data: String, steps: Int = 30, _ more: String = "") throws {
        let file = try directory.write(
            "run.yaml",
            """
            model: \(model)
            data: \(data)
            batch: 16
            shards: 2
            max_steps: \(steps)
            optimizer: {adam: {learning_rate: 0.005}}
            \(more)
            """)
        let trained = try command(["train", file, "--run-dir", run])
        #expect(trained.status == 0, "\(trained.tail)")
    }

    private func export() throws -> String {
        let result = try command(["export", run, "--onnx", file, "--torch", module])
        #expect(result.status == 0, "\(result.tail)")
        return result.output
    }

    /// - Parameter rows: the inputs as a table, for PyTorch.
    private func compare(
        _ inputs: String, _ results: String, rows: String? = nil, _ more: [String] = []
    ) throws {
        for (network, inputs) in [(file, inputs), (module, rows ?? inputs)] {
            let compared = try CommandRunner.run(
                Self.comparison, [network, inputs, results] + more, timeout: 600)
            #expect(compared.status == 0, "\(network) \(compared.tail)")
        }
    }

    private func write(_ name: String, _ data: Data) throws -> String {
        try data.write(to: URL(fileURLWithPath: directory.path(name)))
        return directory.path(name)
    }

    /// Without Python: what the command says, and that it needs no data.
    @Test func theFileIsDescribed() throws {
        try train("{mlp: {hidden: [8]}}", "{synthetic: {samples: 60, shape: [5], classes: 3}}", steps: 2)
        let output = try export()
        #expect(
            output.contains("input       input float32 [batch, 5]\n")
                && output.contains("output      probabilities float32 [batch, 3]\n"), "\(output)")
        let data = try Data(contentsOf: URL(fileURLWithPath: file))
        #expect(data.starts(with: [0x08, 0x08, 0x12, 0x08] + Array("lockstep".utf8)))
        let refused = try command(["export", run, "--onnx", directory.path("none/model.onnx")])
        #expect(refused.status == 2 && refused.output.contains("cannot be written"), "\(refused.output)")
        let incomplete = try command(["export", run])
        #expect(incomplete.status == 2 && incomplete.output.contains("--onnx"), "\(incomplete.output)")
        let checkpoint = run + "/checkpoints/latest"
        for path in [directory.path("network"), directory.path(".py"), checkpoint + "/model.py"] {
            let refused = try command(["export", run, "--torch", path])
            #expect(refused.status == 2 && refused.output.contains("--torch"), "\(refused.output)")
        }
    }

    @Test(
        .enabled(if: CommandRunner.runsAll, "installs onnxruntime and PyTorch: scripts/test --all"),
        arguments: [
            "{mlp: {hidden: [32, 16], activation: gelu, batch_norm: true}}",
            "{cnn: {stages: [{channels: 8, layers: 2}, {channels: 16, pool: average, batch_norm: true}], dense: [24], activation: tanh}}",
            "{cnn: {stages: [{channels: 32, layers: 2}], activation: leaky_relu, dropout: 0.2}}",
            "{resnet: {depth: 8, width: 8}}", "{mobilenet: {width: 0.25}}",
        ]) func imagesAreClassifiedAlike(_ model: String) throws
    {
        let (count, shape) = (96, [12, 10, 3])
        let size = shape.reduce(1, *)
        func images(_ seed: Int, _ count: Int) -> Data {
            NPYFile.data(.uint8, shape: [count] + shape) { index in
                let image = index / size
                return Double(
                    (index &* 2_654_435_761 &+ seed &* 97 &+ image % 3 * 40 * (index % 3)) >> 3 & 0xFF)
            }
        }
        func targets(_ count: Int) -> Data { NPYFile.data(.int64, shape: [count]) { Double($0 % 3) } }
        let test = try write("test.npy", images(2, 45))
        try train(
            model,
            """
            {npy: {train_inputs: \(write("train.npy", images(1, count))), train_targets: \(write("labels.npy", targets(count))),
              test_inputs: \(test), test_targets: \(write("test-labels.npy", targets(45)))}}
            """)
        _ = try export()
        #expect(try command(["predict", run, "--output", directory.path("predictions.csv")]).status == 0)
        try compare(test, directory.path("predictions.csv"))
    }

    /// Features of a table as numbers, with a one for each category; missing numbers, numbers far from zero, and targets in the
    /// units of the data.
    @Test(.enabled(if: CommandRunner.runsAll, "installs onnxruntime and PyTorch: scripts/test --all"))
    func tablesArePredictedAlike() throws {
        let kinds = ["red", "blue", "green"]
        func x(_ row: Int) -> Double { Double(row * 37 % 50) / 7 }
        func time(_ row: Int) -> Double { 1_700_000_000 + Double(row * 61 % 97) / 4 }
        func table(_ rows: Range<Int>) -> String {
            "x,kind,time,y\n"
                + rows.map { row in
                    let y = 500_000 + 3 * x(row) + Double(row % 3) + (time(row) - 1_700_000_000) / 8
                    return "\(row % 11 == 0 ? "" : "\(x(row))"),\(kinds[row % 3]),\(time(row)),\(y)\n"
                }.joined()
        }
        let train = try directory.write("train.csv", table(0..<120))
        let test = try directory.write("test.csv", table(120..<160))
        try self.train(
            "{mlp: {hidden: [16], activation: tanh}}",
            "{csv: {train: \(train), test: \(test), target: y, categorical: [kind], task: regression, "
                + "standardize_targets: true, missing: mean}}"
        )
        let output = try export()
        #expect(
            output.contains("input float64 [batch, 5]\n")
                && output.contains("predictions float64 [batch, 1]\n"),
            "\(output)")
        #expect(try command(["predict", run, "--output", directory.path("predictions.csv")]).status == 0)
        // Categories are in alphabetical order: blue, green, red.
        let inputs = try write(
            "features.npy",
            NPYFile.data(.float64, shape: [40, 5]) { index in
                let row = 120 + index / 5
                switch index % 5 {
                case 0: return row % 11 == 0 ? .nan : x(row)
                case 4: return time(row)
                default: return row % 3 == index % 5 % 3 ? 1 : 0
                }
            })
        try compare(inputs, directory.path("predictions.csv"), rows: test)
    }

    @Test(
        .enabled(if: CommandRunner.runsAll, "installs onnxruntime and PyTorch: scripts/test --all"),
        arguments: [
            ("{gpt: {layers: 2, width: 32, heads: 4, dropout: 0.1}}", 24),
            ("{gpt: {layers: 1, width: 32, heads: 2, tied: false}}", 24),
            (
                "{gpt: {layers: 2, width: 32, heads: 4, kv_heads: 2, positions: rotary, norm: rms, activation: swiglu, bias: false}}",
                24
            ),
            (
                "{gpt: {layers: 1, width: 32, heads: 2, positions: rotary, activation: gelu_tanh, hidden: 48}}",
                24
            ),
            ("{lstm: {layers: 2, embedding: 16, hidden: 24}}", 24),
            ("{lstm: {embedding: 16, hidden: 24}}", 300),
            ("{gru: {layers: 2, embedding: 16, hidden: 24}}", 24),
            ("{gru: {embedding: 16, hidden: 24}}", 100),
            ("{rnn: {layers: 2, embedding: 16, hidden: 24}}", 24),
            ("{rnn: {embedding: 16, hidden: 24, nonlinearity: relu}}", 24),
        ]) func textsAreModeledAlike(_ model: String, _ context: Int) throws
    {
        let bytes = (0..<6000).map { (index: Int) -> UInt8 in 97 + UInt8((index * index / 7 + index / 5) % 23)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let path = try directory.write("text.txt", text)
        let held = 4 * context
        try train(
            model, "{text: {path: \(path), context: \(context), validation: \(Double(held) / 6000)}}")
        _ = try export()
        let metrics = directory.path("metrics.json")
        #expect(try command(["evaluate", run, "--json", metrics]).status == 0)
        try compare(path, metrics, ["--held", "\(held)", "--context", "\(context)"])
    }
}
