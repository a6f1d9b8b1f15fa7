import Foundation
import LockstepTensors
import Testing

/// One golden case of a fixture: inputs, output, upstream gradient and gradients from PyTorch.
struct GoldenCase: Decodable, CustomTestStringConvertible, Sendable {
    struct Numbers: Decodable, Sendable {
        let shape: [Int]
        let float32: Data

        var tensor: Tensor {
            let values = float32.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
            return Tensor(values, shape: Shape(shape))
        }
    }

    let name: String
    let options: [String: Int]
    let tensors: [String: Numbers]

    var testDescription: String { name }

    /// A tensor of the case; traps when the fixture has none of that name.
    func tensor(_ name: String) -> Tensor {
        guard let numbers = tensors[name] else { preconditionFailure("\(self.name) has no tensor \(name)") }
        return numbers.tensor
    }

    func option(_ name: String) -> Int {
        guard let value = options[name] else { preconditionFailure("\(self.name) has no option \(name)") }
        return value
    }

    /// The cases of Tests/Fixtures/operations/<group>.json.
    static func load(_ group: String) -> [GoldenCase] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Fixtures/operations")
        do {
            let data = try Data(contentsOf: folder.appendingPathComponent(group + ".json"))
            return try JSONDecoder().decode([GoldenCase].self, from: data)
        } catch {
            preconditionFailure("fixture \(group): \(error)")
        }
    }
}

/// Expects two tensors to agree to `tolerance` of the larger of 1 and the largest expected number.
func expectClose(
    _ actual: Tensor, _ expected: Tensor, _ what: String, tolerance: Double = 1e-5,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(actual.shape == expected.shape, "\(what)", sourceLocation: sourceLocation)
    guard actual.shape == expected.shape else { return }
    let scale = max(1, expected.floatArray.map { abs(Double($0)) }.max() ?? 0)
    var worst = 0.0
    for (a, b) in zip(actual.floatArray, expected.floatArray) {
        let difference = abs(Double(a) - Double(b))
        worst = difference.isNaN ? .infinity : max(worst, difference)
    }
    #expect(worst <= tolerance * scale, "\(what)", sourceLocation: sourceLocation)
}
