import Foundation
import LockstepAutograd
import LockstepCollectives
import LockstepDatasets
import LockstepExperiment
import LockstepInference
import LockstepONNX
import LockstepOperations
import LockstepTasks
import LockstepTensors
import LockstepTraining
import Testing

/// What graphs of exported networks consist of.
@Suite(.serialized) struct ONNXExportTests {
    private let folder: RunLogFolder
    init() throws { folder = try RunLogFolder() }

    /// Trains for a step.
    private func export(_ model: String, data: String, _ more: String = "") throws -> ONNXModel {
        try train(model, data: data, more).onnx()
    }

    private func train(_ model: String, data: String, _ more: String = "") throws -> TrainedModel {
        let runFile = try RunFile(
            yaml: """
                model: \(model)
                data: \(data)
                batch: 20
                max_steps: 1
                optimizer: adam
                \(more)
                """)
        _ = try TrainingRun(
            communicator: Communicator(), runFile: runFile, recipe: "test",
            options: .init(runDirectory: folder.path("run"))
        ).run()
        return try TrainedModel(communicator: Communicator(), path: folder.path("run"))
    }

    private static let images = "{synthetic: {samples: 60, shape: [6, 4, 3], classes: 3}}"
    private static let numbers = "{synthetic: {samples: 60, shape: [5], classes: 3}}"

    /// Images stay [N, C, H, W] from the first operator to the last; the weights keep their names.
    @Test func convolutionalNetwork() throws {
        let model = try export(
            "{cnn: {stages: [{channels: 4, batch_norm: true}], dense: [], activation: gelu}}",
            data: Self.images)
        #expect(
            model.nodes.map(\.type) == [
                "Mul", "Add", "Conv", "BatchNormalization", "Mul", "Erf", "Mul", "Add", "Mul", "MaxPool",
                "Flatten",
                "Gemm", "Softmax", "Identity", "Identity",
            ])
        #expect(model.inputs.map(\.description) == ["input float32 [batch, 3, 6, 4]"])
        #expect(
            model.outputs.map(\.description) == [
                "logits float32 [batch, 3]", "probabilities float32 [batch, 3]",
            ])
        let weight = try #require(model.constants.first { $0.name == "stages.0.convolutions.0.weight" })
        #expect(weight.shape == [4, 3, 3, 3] && weight.bytes.count == 432)
        #expect(model.constants.filter { $0.shape == [3, 1, 1] }.count == 2)
        #expect(model.metadata.first { $0.name == "classes" }?.text == #"["0","1","2"]"#)
        try requireOrder(model)
        _ = try model.encoded()
    }

    /// The same recording as statements of PyTorch.
    @Test func moduleOfAResidualNetwork() throws {
        let module = try train("{resnet: {depth: 8, width: 4}}", data: Self.images).torchModule(name: "net")
        let lines = module.source.split(separator: "\n").map { $0.drop { $0 == " " } }
        #expect(
            try lines.suffix(from: #require(lines.firstIndex(of: "x = F.relu(x)"))).prefix(9) == [
                "x = F.relu(x)",
                "y = F.conv2d(x, self.layer1[0].conv1.weight, padding=1)",
                "y = batch_norm(y, self.layer1[0].bn1, eps=1e-05)",
                "y = F.relu(y)",
                "y = F.conv2d(y, self.layer1[0].conv2.weight, padding=1)",
                "y = batch_norm(y, self.layer1[0].bn2, eps=1e-05)",
                "x = y + x",
                "x = F.relu(x)",
                "y = F.conv2d(x, self.layer2[0].conv1.weight, stride=2, padding=1)",
            ])
        #expect(lines.contains("CLASSES = [\"0\", \"1\", \"2\"]"))
        #expect(lines.contains("return logits, probabilities"))
        let variance = module.tensors.first { $0.name == "layer3.0.downsample.1.running_var" }
        #expect(variance?.shape == [16])
        #expect(module.tensors.allSatisfy { !$0.name.hasPrefix("constant") })
    }

    /// Functions stand for their operators: PyTorch has names for them.
    @Test func moduleOfALanguageModel() throws {
        try String(repeating: "some text, ", count: 200).write(
            toFile: folder.path("text"), atomically: true, encoding: .utf8)
        let data = "{text: {path: \(folder.path("text")), context: 16}}"
        let gpt = try train("{gpt: {layers: 1, width: 8, heads: 2}}", data: data).torchModule(name: "net")
        for line in [
            "def encode(text):", "x = x + self.position_embedding.weight[: x.shape[1]]",
            "y = attention(y, heads=2, is_causal=True)", "y = F.gelu(y)",
            "logits = F.linear(x, self.token_embedding.weight)", "return logits",
        ] { #expect(gpt.source.contains(line + "\n"), "\(line)") }
        // The head is the embedding, which is there once; no mask is left of the operators.
        #expect(gpt.tensors.count == 16)
        try FileManager.default.removeItem(atPath: folder.path("run"))
        let llama = try train(
            "{gpt: {layers: 1, width: 8, heads: 2, positions: rotary, norm: rms, activation: swiglu, bias: false}}",
            data: data
        ).torchModule(name: "net")
        for line in [
            "def rotary(x, heads, dimensions, base, first, interleaved):",
            "y = F.rms_norm(x, x.shape[-1:], self.blocks[0].norm1.weight, eps=1e-06)",
            "y = y.reshape(-1, y.shape[1], 6, 4)",
            "y = rotary(y, heads=4, dimensions=4, base=10000.0, first=0, interleaved=False)",
            "z = F.silu(z)", "logits = F.linear(x, self.token_embedding.weight)",
        ] { #expect(llama.source.contains(line + "\n"), "\(line)") }
        #expect(llama.tensors.count == 9)
        try FileManager.default.removeItem(atPath: folder.path("run"))
        let gru = try train("{gru: {layers: 1, embedding: 4, hidden: 8}}", data: data)
            .torchModule(name: "net")
        #expect(gru.source.contains("x = recurrent(torch.gru, x, self.gru.weight_ih_l0, "))
        // In the order of PyTorch.
        #expect(gru.tensors.first { $0.name == "gru.weight_ih_l0" }?.shape == [24, 4])
    }

    @Test func rowsOfNumbers() throws {
        let model = try export("{mlp: {hidden: [8], dropout: 0.5}}", data: Self.numbers, "precision: float32")
        #expect(
            model.nodes.map(\.type) == [
                "Mul", "Add", "Gemm", "Relu", "Gemm", "Softmax", "Identity", "Identity",
            ])
        #expect(model.inputs.map(\.description) == ["input float32 [batch, 5]"])
        try requireOrder(model)
    }

    @Test func binaryClassification() throws {
        let model = try export(
            "{mlp: {hidden: []}}",
            data: "{synthetic: {samples: 60, shape: [5], classes: 2, normalize: none}}",
            "loss: binary_cross_entropy")
        #expect(
            model.nodes.map(\.type) == [
                "Gemm", "Mul", "Sigmoid", "Sigmoid", "Concat", "Identity", "Identity",
            ])
        #expect(
            model.outputs.map(\.description) == [
                "logits float32 [batch, 1]", "probabilities float32 [batch, 2]",
            ])
    }

    /// Both ways in which a recurrent network computes: with fewer ids than table entries, and with more.
    @Test(arguments: [16, 100, 300]) func recurrentNetwork(_ context: Int) throws {
        try String(repeating: "some text, ", count: 200).write(
            toFile: folder.path("text"), atomically: true, encoding: .utf8)
        let model = try export(
            "{lstm: {layers: 2, embedding: 6, hidden: 8}}",
            data: "{text: {path: \(folder.path("text")), context: \(context)}}", "shards: 2")
        #expect(model.inputs.map(\.description) == ["tokens int64 [batch, \(context)]"])
        #expect(model.outputs.map(\.description) == ["logits float32 [batch, \(context), 256]"])
        let types = model.nodes.map(\.type)
        #expect(types.filter { $0 == "LSTM" }.count == 2)
        // The products W x + b are part of the operators: their own are left out.
        #expect(!types.contains("Gemm") && types.filter { $0 == "MatMul" }.count == 1)
        #expect(types.prefix(3) == ["Transpose", "Gather", "LSTM"])
        try requireOrder(model)
    }

    /// Every name that an operator reads is an input, a constant, or the result of an operator before it; none is there twice.
    private func requireOrder(_ model: ONNXModel) throws {
        var known = Set(model.inputs.map(\.name))
        for constant in model.constants { #expect(known.insert(constant.name).inserted, "\(constant.name)") }
        for node in model.nodes {
            #expect(known.isSuperset(of: node.inputs), "\(node)")
            for output in node.outputs { #expect(known.insert(output).inserted, "\(output)") }
        }
        #expect(known.isSuperset(of: model.outputs.map(\.name)))
    }

    /// What has no ONNX operators is named, with its place.
    @Test func anOperationWithoutOperatorsIsNamed() throws {
        let shapes = PassShapes(samples: 2)
        let export = ONNXExport(samples: 3, shapes: shapes)
        let store = ParameterStore()
        let weight = store.root["hidden"].parameter("weight", shape: Shape(4, 4), role: .weight) {
            place, shape, _ in
            place.update(repeating: 1, count: shape.elementCount)
        }
        store.layOut()
        store.allocate()
        for (samples, recorder) in [(2, shapes as any TapeRecorder), (3, export)] {
            let tape = Tape(pool: StoragePool())
            let x = Tensor(zeros: Shape(samples, 4))
            export.addInput("x", x)
            tape.recorder = recorder
            tape.begin(mode: .inference)
            let y = linear(tape.constant(x), weight: tape.variable(weight))
            _ = indexSelect(y, Tensor([Int32(1), 0], shape: Shape(2)))
        }
        #expect(
            export.failure?.description
                == "the network cannot be exported to ONNX (after hidden): its operation IndexOperation has no ONNX operators: "
                + "it is not ONNXExportable")
    }

    /// An operation of a program, as the guide on interchange has it; its input is an image, which it does not turn around.
    @Test func anOperationOfAProgram() throws {
        let shapes = PassShapes(samples: 2)
        let export = ONNXExport(samples: 3, shapes: shapes)
        for (samples, recorder) in [(2, shapes as any TapeRecorder), (3, export)] {
            let tape = Tape(pool: StoragePool())
            let x = Tensor(zeros: Shape(samples, 4, 5, 2))
            if samples == 3 { export.addInput("x", x) }
            tape.recorder = recorder
            tape.begin(mode: .inference)
            let y = cube(relu(tape.constant(x)))
            if samples == 3 { try export.addOutput("y", y) }
        }
        let model = try export.finish(name: "cube", producer: ("test", "1"), metadata: [])
        #expect(model.nodes.map(\.type) == ["Relu", "Transpose", "Mul", "Mul", "Identity"])
        #expect(model.inputs.map(\.description) == ["x float32 [batch, 2, 4, 5]"])
        #expect(model.outputs.map(\.description) == ["y float32 [batch, 4, 5, 2]"])
        try requireOrder(model)
    }
}

/// y = x^3.
private func cube(_ x: Variable) -> Variable {
    let operation = x.tape.operation(CubeOperation.self, key: .init()) { CubeOperation(key: $0) }
    let y = x.tape.pool.tensor(x.shape)
    for index in 0..<y.elementCount { y.floats[index] = x.value.floats[index] }
    return x.tape.record(operation, inputs: x, output: y)
}

private final class CubeOperation: DifferentiableOperation {
    struct Key: Equatable {}
    let key: Key
    init(key: Key) { self.key = key }
    func backward(_ context: BackwardContext) {}
    func release() {}
}

extension CubeOperation: ONNXExportable {
    func export(_ node: ONNXNode) throws(ONNXError) {
        let x = node.input(0)
        node.output(node.add("Mul", [x, node.add("Mul", [x, x])]))
    }
}
