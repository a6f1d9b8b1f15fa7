import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// The interpolation of `upsample2d`.
public enum Upsampling: Sendable, Hashable {
    /// The pixel at floor(position x old extent / new extent).
    case nearest
    /// The four neighbors, weighted by their distance. With `alignCorners` the corner pixels of both images
    /// coincide, else their outer borders (PyTorch's default).
    case bilinear(alignCorners: Bool = false)
}

/// Enlarges or shrinks images: PyTorch's `interpolate`.
///
/// Shapes: x [N, H, W, C], y [N, height, width, C]; float32 or bfloat16. Traps unless all extents but N are
/// at least 1.
public func upsample2d(_ x: Variable, to size: Extent2D, _ kind: Upsampling = .nearest) -> Variable {
    guard x.shape.rank == 4, x.shape[1] >= 1, x.shape[2] >= 1, size.height >= 1, size.width >= 1 else {
        brokenContract("upsample2d\(x.place): x \(x.shape) is no image, or the size \(size) is not above 0")
    }
    let tape = x.tape
    let key = Upsample2DOperation.Key(x: x.shape, dtype: x.value.dtype, size: size, kind: kind)
    let operation = tape.operation(Upsample2DOperation.self, key: key) { Upsample2DOperation(key: $0) }
    let y = operation.forward(x.value, pool: tape.pool)
    return tape.record(operation, inputs: x, output: y)
}

/// Enlarges images by `factor`, see `upsample2d(_:to:_:)`.
public func upsample2d(_ x: Variable, by factor: Extent2D, _ kind: Upsampling = .nearest) -> Variable {
    guard x.shape.rank == 4 else { brokenContract("upsample2d\(x.place): x \(x.shape) is no image") }
    let size = Extent2D(height: x.shape[1] * factor.height, width: x.shape[2] * factor.width)
    return upsample2d(x, to: size, kind)
}

/// The operation behind `upsample2d`.
final class Upsample2DOperation: DifferentiableOperation {
    struct Key: Equatable {
        var x: Shape
        var dtype: DType
        var size: Extent2D
        var kind: Upsampling
    }

    let key: Key
    private let outputShape: Shape
    private let rows: ContiguousArray<lockstep_tap>
    private let columns: ContiguousArray<lockstep_tap>

    init(key: Key) {
        self.key = key
        outputShape = Shape(key.x[0], key.size.height, key.size.width, key.x[3])
        rows = Upsample2DOperation.taps(key.kind, from: key.x[1], to: key.size.height)
        columns = Upsample2DOperation.taps(key.kind, from: key.x[2], to: key.size.width)
    }

    /// For each of `new` positions, its sources among `old` ones.
    private static func taps(_ kind: Upsampling, from old: Int, to new: Int) -> ContiguousArray<lockstep_tap>
    {
        ContiguousArray(
            (0..<new).map { place in
                guard case .bilinear(let alignCorners) = kind else {
                    let low = Int32(place * old / new)
                    return lockstep_tap(low: low, high: low, weight: 0)
                }
                let exact: Double
                if alignCorners {
                    exact = new > 1 ? Double(place) * Double(old - 1) / Double(new - 1) : 0
                } else {
                    exact = Swift.max(0, (Double(place) + 0.5) * Double(old) / Double(new) - 0.5)
                }
                let low = Swift.min(Int(exact), old - 1)
                return lockstep_tap(
                    low: Int32(low), high: Int32(Swift.min(low + 1, old - 1)),
                    weight: Float(exact - Double(low)))
            })
    }

    private func withPlan(_ body: (UnsafePointer<lockstep_resampling>) -> Void) {
        rows.withUnsafeBufferPointer { rows in
            columns.withUnsafeBufferPointer { columns in
                var plan = lockstep_resampling(
                    samples: key.x[0], height: key.x[1], width: key.x[2], channels: key.x[3],
                    out_height: key.size.height, out_width: key.size.width, rows: rows.baseAddress,
                    columns: columns.baseAddress, is_nearest: key.kind == .nearest ? 1 : 0)
                body(&plan)
            }
        }
    }

    /// x [N, H, W, C] -> y [N, height, width, C].
    func forward(_ x: Tensor, pool: StoragePool) -> Tensor {
        let y = pool.tensor(outputShape, key.dtype)
        withPlan { lockstep_resample($0, y.address, x.address, key.dtype == .bfloat16 ? 1 : 0) }
        return y
    }

    /// dy [N, height, width, C] -> dx [N, H, W, C].
    func backward(_ context: BackwardContext) {
        let dy = context.outputGradient
        context.write(0, as: .float32) { dx in
            dx.fillWithZeros()
            withPlan { lockstep_resample_backward($0, dx.floats, dy.address, key.dtype == .bfloat16 ? 1 : 0) }
        }
    }

    func release() {}
}
