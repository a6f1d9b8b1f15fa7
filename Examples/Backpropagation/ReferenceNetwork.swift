import Foundation

/// The network of this example in double precision, without Lockstep: what its gradients are compared with.
///
/// z1 = x W1' + b1, h = s(z1), z2 = h W2' + b2, y = s(z2), loss = mean (y - t)^2, with s(z) = 1 / (1 + exp(-z)).
struct ReferenceNetwork {
    /// x [2, 2], a sample in each row; W1 [3, 2]; b1 [3]; W2 [1, 3]; b2 [1]: row-major.
    var leaves: [String: [Double]] = [
        "x": [1, 0, 0, 1],
        "W1": [0.1, 0.2, 0.3, -0.4, -0.5, 0.6], "b1": [0.1, -0.1, 0.2],
        "W2": [0.7, -0.8, 0.9], "b2": [-0.3],
    ]
    /// t [2]: the output that each sample is to have.
    static let targets = [1.0, 0.0]

    /// The values and the gradients of all variables, by name.
    func passes() -> (values: [String: [Double]], gradients: [String: [Double]]) {
        let (x, w1, b1) = (leaves["x"]!, leaves["W1"]!, leaves["b1"]!)
        let (w2, b2) = (leaves["W2"]!, leaves["b2"]!)
        func s(_ z: Double) -> Double { 1 / (1 + exp(-z)) }

        // Forward: n is the sample, j the hidden unit, i the input.
        var (z1, h) = ([Double](repeating: 0, count: 6), [Double](repeating: 0, count: 6))
        var (z2, y, loss) = ([0.0, 0.0], [0.0, 0.0], 0.0)
        for n in 0..<2 {
            z2[n] = b2[0]
            for j in 0..<3 {
                z1[3 * n + j] = w1[2 * j] * x[2 * n] + w1[2 * j + 1] * x[2 * n + 1] + b1[j]
                h[3 * n + j] = s(z1[3 * n + j])
                z2[n] += w2[j] * h[3 * n + j]
            }
            y[n] = s(z2[n])
            loss += (y[n] - Self.targets[n]) * (y[n] - Self.targets[n]) / 2
        }

        // Backward: d of a variable is the derivative of the loss with respect to it.
        var (dx, dw1, db1) = ([0.0, 0, 0, 0], [Double](repeating: 0, count: 6), [0.0, 0, 0])
        var (dw2, db2, dz1, dh) = ([0.0, 0, 0], [0.0], z1, h)
        var (dy, dz2) = (y, z2)
        for n in 0..<2 {
            dy[n] = 2 * (y[n] - Self.targets[n]) / 2
            dz2[n] = dy[n] * y[n] * (1 - y[n])
            db2[0] += dz2[n]
            for j in 0..<3 {
                let unit = 3 * n + j
                dw2[j] += dz2[n] * h[unit]
                dh[unit] = dz2[n] * w2[j]
                dz1[unit] = dh[unit] * h[unit] * (1 - h[unit])
                db1[j] += dz1[unit]
                for i in 0..<2 {
                    dw1[2 * j + i] += dz1[unit] * x[2 * n + i]
                    dx[2 * n + i] += dz1[unit] * w1[2 * j + i]
                }
            }
        }
        let values = leaves.merging(["z1": z1, "h": h, "z2": z2, "y": y, "loss": [loss]]) { $1 }
        let gradients = [
            "x": dx, "W1": dw1, "b1": db1, "W2": dw2, "b2": db2, "z1": dz1, "h": dh, "z2": dz2, "y": dy,
            "loss": [1],
        ]
        return (values, gradients)
    }

    /// The derivative of the loss with respect to each element of a leaf: (loss(p + e) - loss(p - e)) / 2e.
    func finiteDifferences(of name: String) -> [Double] {
        let step = 1e-4
        return leaves[name]!.indices.map { index in
            func loss(_ change: Double) -> Double {
                var changed = self
                changed.leaves[name]![index] += change
                return changed.passes().values["loss"]![0]
            }
            return (loss(step) - loss(-step)) / (2 * step)
        }
    }
}
