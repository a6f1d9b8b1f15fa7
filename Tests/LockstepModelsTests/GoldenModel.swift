import Foundation
import LockstepModels
import LockstepTensors
import Testing

/// A small network with its weights, outputs and gradients from PyTorch; see scripts/fixtures/models.py.
struct GoldenModel: Decodable, CustomTestStringConvertible, Sendable {
    private struct Numbers: Decodable, Sendable {
        let shape: [Int]
        let float32: Data
    }

    let name: String
    /// The names of the parameters, in PyTorch's order.
    let parameters: [String]
    private let tensors: [String: Numbers]

    var testDescription: String { name }

    /// A tensor of the case; traps when the fixture has none of that name.
    func tensor(_ name: String) -> Tensor {
        guard let numbers = tensors[name] else { preconditionFailure("\(self.name) has no tensor \(name)") }
        let values = numbers.float32.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
        return Tensor(values, shape: Shape(numbers.shape))
    }

    /// The network that the fixture's PyTorch module is.
    var configuration: any ModelComponent {
        switch name {
        case "mlp": MLPConfiguration(hidden: [6, 5])
        case "mlp normalized": MLPConfiguration(hidden: [6, 5], activation: .tanh, batchNormalization: true)
        case "cnn": CNNConfiguration(stages: [.init(channels: 3), .init(channels: 4)], dense: [5])
        case "cnn normalized":
            CNNConfiguration(
                stages: [
                    .init(channels: 4, layers: 2, pool: .average, batchNormalization: true),
                    .init(channels: 5, layers: 2, pool: .none, batchNormalization: true),
                ],
                dense: [], activation: .gelu)
        case "resnet": ResNetConfiguration(depth: 8, width: 2)
        case "resnet deeper": ResNetConfiguration(depth: 14, width: 1)
        case "resnet stem": ResNetConfiguration(width: 2, blocks: [1, 2], stem: .conv7Pool)
        case "resnet bottleneck": ResNetConfiguration(width: 2, blocks: [2, 1], block: .bottleneck)
        case "mobilenet":
            MobileNetConfiguration(
                stem: 8, stages: [.init(channels: 8), .init(channels: 12, blocks: 2, stride: 2)])
        case "gpt": GPTConfiguration(layers: 2, width: 12, heads: 3)
        case "gpt untied": GPTConfiguration(layers: 1, width: 8, heads: 2, tied: false)
        case "gpt tanh": GPTConfiguration(layers: 1, width: 8, heads: 2, activation: .geluTanh)
        case "gpt rotary": GPTConfiguration(layers: 1, width: 12, heads: 2, positions: .rotary)
        case "gpt rms": GPTConfiguration(layers: 1, width: 8, heads: 2, norm: .rms)
        case "gpt swiglu": GPTConfiguration(layers: 1, width: 8, heads: 2, activation: .swiglu)
        case "gpt without biases":
            GPTConfiguration(layers: 1, width: 8, heads: 2, hidden: 20, bias: false)
        case "gpt grouped": GPTConfiguration(layers: 1, width: 16, heads: 4, kvHeads: 2)
        case "gpt as llama":
            GPTConfiguration(
                layers: 2, width: 12, heads: 3, kvHeads: 1, tied: false, positions: .rotary, norm: .rms,
                activation: .swiglu, hidden: 20, bias: false)
        case "lstm": LSTMConfiguration(.init(layers: 2, embedding: 5, hidden: 6))
        case "gru": GRUConfiguration(.init(layers: 1, embedding: 5, hidden: 6))
        case "rnn": RNNConfiguration(.init(layers: 2, embedding: 5, hidden: 6))
        case "lstm bidirectional":
            LSTMConfiguration(.init(layers: 2, embedding: 5, hidden: 6, isBidirectional: true))
        case "gru bidirectional":
            GRUConfiguration(.init(layers: 2, embedding: 5, hidden: 6, isBidirectional: true))
        case "rnn bidirectional":
            RNNConfiguration(.init(layers: 2, embedding: 5, hidden: 6, isBidirectional: true))
        default: preconditionFailure("no configuration for the fixture \(name)")
        }
    }

    /// The networks of Tests/Fixtures/models/models.json.
    static let all: [GoldenModel] = fixture("models")

    /// The language models of Tests/Fixtures/models/language_models.json.
    static let language: [GoldenModel] = fixture("language_models")

    /// Numbers of parameters of networks of full size.
    static let counts: [String: Int] = fixture("counts")

    private static func fixture<Value: Decodable>(_ name: String) -> Value {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Fixtures/models")
        do {
            let data = try Data(contentsOf: folder.appendingPathComponent(name + ".json"))
            return try JSONDecoder().decode(Value.self, from: data)
        } catch {
            preconditionFailure("fixture \(name): \(error)")
        }
    }
}

/// Expects numbers to agree to `tolerance` of the larger of 1 and the largest expected number.
func expectClose(
    _ actual: UnsafePointer<Float>, _ expected: Tensor, _ what: String, tolerance: Double = 1e-5,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let scale = max(1, expected.floatArray.map { abs(Double($0)) }.max() ?? 0)
    var worst = 0.0
    for (index, value) in expected.floatArray.enumerated() {
        let difference = abs(Double(actual[index]) - Double(value))
        worst = difference.isNaN ? .infinity : max(worst, difference)
    }
    #expect(
        worst <= tolerance * scale, "\(what) is off by \(worst) of \(scale)", sourceLocation: sourceLocation)
}
