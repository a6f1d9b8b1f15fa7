internal import COneDNN
import LockstepTensors

/// Converts images between the memory order [N, H, W, C] and oneDNN's blocks of 16 channels, [N, C / 16, H,
/// W, 16].
final class ImageBlocks {
    private let shape: Shape

    private lazy var toBlocks = make("images to blocks", toPlain: false)
    private lazy var toPlain = make("blocks to images", toPlain: true)

    /// float32 images of `shape` [N, H, W, C]; 16 divides C.
    init(_ shape: Shape) { self.shape = shape }

    private func make(_ name: StaticString, toPlain: Bool) -> DNNPrimitive {
        DNNPrimitive(name) {
            lockstep_dnn_blocks_create(
                $0, Int64(shape[0]), Int64(shape[1]), Int64(shape[2]), Int64(shape[3]), toPlain ? 1 : 0)
        }
    }

    /// Images -> blocks, in a tensor from the pool.
    func pack(_ x: Tensor, pool: StoragePool) -> Tensor {
        let blocks = pool.tensor(shape)
        toBlocks.execute { lockstep_dnn_reorder_execute($0, x.address, blocks.address) }
        return blocks
    }

    /// Blocks -> images.
    func unpack(_ blocks: Tensor, to y: Tensor) {
        toPlain.execute { lockstep_dnn_reorder_execute($0, blocks.address, y.address) }
    }
}
