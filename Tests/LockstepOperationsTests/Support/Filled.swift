import LockstepTensors
import LockstepTesting
import Testing

/// A tensor of normal numbers that depend on its shape alone.
func filled(_ shape: Shape, seed: UInt64 = 1) -> Tensor { randomTensor(shape, seed: seed) }

extension GoldenCase {
    /// Those of the named tensors that the case has.
    func inputs(_ names: [String]) -> [String: Tensor] {
        var result: [String: Tensor] = [:]
        for name in names where tensors[name] != nil { result[name] = tensor(name) }
        return result
    }

    /// Expects the gradient of an input to be PyTorch's.
    func expectGradient(_ actual: Tensor?, _ name: String) {
        guard let actual else { preconditionFailure("\(self.name): no gradient of \(name)") }
        expectClose(actual, tensor("d_" + name), "gradient of \(name)")
    }
}
