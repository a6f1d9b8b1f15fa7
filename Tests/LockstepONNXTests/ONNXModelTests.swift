import Foundation
import LockstepONNX
import Testing

/// The format of ONNX files.
@Suite struct ONNXModelTests {
    private static let model = ONNXModel(
        producer: ("lockstep", "1.2"), name: "small",
        nodes: [
            .init(
                type: "Gemm", name: "gemm_0", inputs: ["x", "weight", "bias"], outputs: ["gemm_0"],
                attributes: [
                    .integer("transB", 1), .float("alpha", 0.5), .integers("pads", [0, 1, -1, 200]),
                    .text("direction", "rückwärts"), .texts("activations", ["Tanh", "Relu"]),
                ]),
            .init(
                type: "Softmax", name: "softmax_1", inputs: ["gemm_0"], outputs: ["y"],
                attributes: [.integer("axis", -1)]),
        ],
        constants: [
            ONNXTensor("weight", shape: [2, 3], floats: (0..<6).map { Float($0) / 4 }),
            ONNXTensor("bias", shape: [2], integers: [-1, 1 << 40]),
            ONNXTensor("scalar", shape: [], doubles: [0.1]),
        ],
        inputs: [
            .init(name: "x", type: .float32, shape: [.batch(times: 1), .fixed(3)]),
            .init(name: "ids", type: .int64, shape: [.batch(times: 2), .fixed(300)]),
        ],
        outputs: [.init(name: "y", type: .float32, shape: [.batch(times: 1), .fixed(2)])],
        metadata: [("classes", #"["a","b"]"#)])

    /// scripts/fixtures/onnx_model.py writes the same model by the package onnx.
    @Test func bytesAreThoseOfTheReferenceLibrary() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Fixtures/onnx/small.onnx")
        #expect(try Self.model.encoded() == Array(Data(contentsOf: path)))
    }

    @Test func aModelBeyondTheLimitIsRefused() throws {
        var model = Self.model
        let part = ONNXTensor("part", shape: [1 << 22], floats: [Float](repeating: 0, count: 1 << 22))
        // The array's bytes are shared: this takes 16 MiB.
        model.constants += [ONNXTensor](repeating: part, count: 128)
        #expect(throws: ONNXError.self) { try model.encoded() }
    }
}
