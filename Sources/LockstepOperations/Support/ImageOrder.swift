internal import COneDNN
import LockstepTensors

/// Converts images between the memory order (H, W, C) and PyTorch's, (C, H, W).
final class ImageOrder {
    private let shape: Shape
    private let dtype: DType
    /// Whether the two orders differ: with one channel or one pixel they do not.
    let isNeeded: Bool

    private lazy var channelsFirst = make("images to channels first", from: channelsLastStrides, to: nil)
    private lazy var channelsLast = make("images to channels last", from: nil, to: channelsLastStrides)

    /// Images of `shape` [N, H, W, C].
    init(_ shape: Shape, _ dtype: DType) {
        self.shape = shape
        self.dtype = dtype
        isNeeded = shape[3] > 1 && shape[1] * shape[2] > 1
    }

    private var pixels: Int { shape[1] * shape[2] }
    private var channelsLastStrides: [Int64] { [Int64(pixels * shape[3]), 1, Int64(shape[3])] }

    private func make(_ name: StaticString, from: [Int64]?, to: [Int64]?) -> DNNPrimitive {
        let extents = [Int64(shape[0]), Int64(shape[3]), Int64(pixels)]
        return DNNPrimitive(name) { made in
            extents.withUnsafeBufferPointer { extents in
                withStrides(from) { from in
                    withStrides(to) { to in
                        lockstep_dnn_reorder_create(made, 3, extents.baseAddress, from, to, 0, dtype.dnn)
                    }
                }
            }
        }
    }

    private func withStrides<Result>(
        _ strides: [Int64]?, _ body: (UnsafePointer<Int64>?) -> Result
    ) -> Result {
        guard let strides else { return body(nil) }
        return strides.withUnsafeBufferPointer { body($0.baseAddress) }
    }

    /// [N, H, W, C] in memory -> [N, C, H, W] in memory: a tensor from the pool, or `x` if the orders are
    /// equal.
    func toChannelsFirst(_ x: Tensor, pool: StoragePool) -> Tensor {
        guard isNeeded else { return x }
        let y = pool.tensor(x.shape, dtype)
        channelsFirst.execute { lockstep_dnn_reorder_execute($0, x.address, y.address) }
        return y
    }

    /// [N, C, H, W] in memory -> [N, H, W, C] in memory.
    func toChannelsLast(_ x: Tensor, _ y: Tensor) {
        channelsLast.execute { lockstep_dnn_reorder_execute($0, x.address, y.address) }
    }
}
