import Foundation
import LockstepONNX
import Testing

/// The text of a module for PyTorch.
@Suite struct TorchModuleTests {
    /// A table with a column of categories, a network with a residual connection, and two outputs.
    private static let model = ONNXModel(
        producer: ("lockstep", "1.2"), name: "small",
        nodes: [
            node("Sub", ["input", "input_offsets"], "a"),
            node("Cast", ["a"], "b", [.integer("to", ONNXTensor.Element.float32.rawValue)]),
            node("Gemm", ["b", "hidden.0.weight", "hidden.0.bias"], "c", [.integer("transB", 1)]),
            node(
                "BatchNormalization",
                ["c", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"], "d",
                [.float("epsilon", 0.001)]),
            node("Relu", ["d"], "e"),
            node("Mul", ["e", "half"], "f"),
            node("Add", ["c", "f"], "g"),
            node("Gemm", ["g", "class.weight"], "h", [.integer("transB", 1)]),
            node("Softmax", ["h"], "i", [.integer("axis", -1)]),
            node("Identity", ["h"], "logits"), node("Identity", ["i"], "probabilities"),
        ],
        constants: [
            ONNXTensor("input_offsets", shape: [3], doubles: [0.1, 0, 1e9]),
            zeros("hidden.0.weight", [3, 3]), zeros("hidden.0.bias", [3]),
            zeros("norm.weight", [3]), zeros("norm.bias", [3]),
            zeros("norm.running_mean", [3]), zeros("norm.running_var", [3]),
            ONNXTensor("half", shape: [], floats: [0.5]), zeros("class.weight", [2, 3]),
        ],
        inputs: [.init(name: "input", type: .float64, shape: [.batch(times: 1), .fixed(3)])],
        outputs: ["logits", "probabilities"].map {
            .init(name: $0, type: .float32, shape: [.batch(times: 1), .fixed(2)])
        },
        metadata: [],
        stateNames: [
            "hidden.0.weight": state("hidden.0.weight"), "hidden.0.bias": state("hidden.0.bias"),
            "norm.weight": state("norm.weight"), "norm.bias": state("norm.bias"),
            "norm.running_mean": state("norm.running_mean", isParameter: false),
            "norm.running_var": state("norm.running_var", isParameter: false),
            "class.weight": state("class.weight"),
        ])

    private static func node(
        _ type: String, _ inputs: [String], _ output: String, _ attributes: [ONNXAttribute] = []
    ) -> ONNXModel.Node {
        .init(type: type, name: output, inputs: inputs, outputs: [output], attributes: attributes)
    }
    private static func zeros(_ name: String, _ shape: [Int]) -> ONNXTensor {
        ONNXTensor(name, shape: shape, floats: [Float](repeating: 0, count: shape.reduce(1, *)))
    }
    private static func state(_ name: String, isParameter: Bool = true) -> ONNXModel.State {
        .init(name: name, isParameter: isParameter)
    }

    private static var description: TorchModule.Description {
        var description = TorchModule.Description()
        description.title = "A small network"
        description.classes = ["no", "yes\\maybe"]
        description.columns = [.init("kind", categories: ["red", "blue"]), .init("time")]
        description.missingTexts = ["", "NA"]
        description.canMiss = true
        return description
    }

    /// The file was read and run by hand; `scripts/test --all` runs such modules of all families.
    @Test func textIsTheExpectedOne() throws {
        let module = try TorchModule(Self.model, name: "small", Self.description)
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Fixtures/torch/small.py")
        #expect(try module.source == String(contentsOf: path, encoding: .utf8))
        #expect(
            module.tensors.map(\.name) == [
                "hidden.0.weight", "hidden.0.bias", "norm.weight", "norm.bias", "norm.running_mean",
                "norm.running_var", "class.weight",
            ])
    }

    /// A constant of many numbers is in the file of the weights; where a checkpoint is read, too, since it lacks it.
    @Test func aLargeConstantIsInTheFile() throws {
        var model = Self.model
        model.constants[0] = ONNXTensor(
            "input_offsets", shape: [1, 1001], doubles: [Double](repeating: 0.25, count: 1001))
        let module = try TorchModule(model, name: "1", Self.description)
        #expect(module.tensors.first?.name == "input_offsets" && module.tensors.first?.bytes.count == 8008)
        #expect(module.source.contains("self._buffer(\"input_offsets\", 1, 1001, dtype=torch.float64)\n"))
        #expect(module.source.contains("read_safetensors(WEIGHTS) | read_safetensors(path)\n"))
        #expect(module.source.contains("import network  # rename the file"))
    }

    @Test func anOperatorWithoutCounterpartIsNamed() throws {
        var model = Self.model
        model.nodes[4].type = "Scan"
        let error = #expect(throws: ONNXError.self) {
            try TorchModule(model, name: "small", Self.description)
        }
        #expect(error?.description.contains("its operator Scan has no counterpart") == true)
    }
}
