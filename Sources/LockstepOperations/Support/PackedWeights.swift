internal import COneDNN
import LockstepTensors

/// A copy of weights in the layout that a primitive reads, refreshed once per step.
///
/// Master weights are plain; each primitive has another layout. The copy is refreshed when the tape's
/// `parameterVersion` has changed; shards of the same step share it.
final class PackedWeights {
    private let pack: DNNPrimitive?
    private let storage: Storage?
    private let arrange: ((Tensor) -> Tensor)?
    private var packedVersion: UInt64 = 0
    private var packedAddress: UnsafeMutableRawPointer?

    /// Weights that `arrange` reorders and `pack` converts to a layout of `byteCount` bytes; plain ones
    /// without `pack`.
    init(pack: DNNPrimitive?, byteCount: Int, arrange: ((Tensor) -> Tensor)? = nil) {
        self.pack = pack
        self.arrange = arrange
        storage = pack == nil ? nil : Storage(byteCount: byteCount)
    }

    /// The weights for `user`, a convolution primitive.
    convenience init(for user: DNNPrimitive) {
        let isPlain = user.query({ lockstep_dnn_weights_are_plain($0) }) != 0
        let pack =
            isPlain
            ? nil
            : DNNPrimitive("packing of weights") { made in
                user.query { lockstep_dnn_pack_create(made, $0) }
            }
        self.init(pack: pack, byteCount: user.query { lockstep_dnn_weights_bytes($0) })
    }

    /// The weights in the primitive's layout.
    /// - Parameter version: the parameters' version; nil if the weights may differ from call to call.
    func current(_ weight: Tensor, version: UInt64?) -> UnsafeRawPointer {
        guard let pack, let storage else { return UnsafeRawPointer(weight.address) }
        let packed = storage.address
        if let version, version == packedVersion, weight.address == packedAddress {
            return UnsafeRawPointer(packed)
        }
        let source = arrange?(weight) ?? weight
        pack.execute { lockstep_dnn_packing_execute($0, source.address, packed) }
        packedVersion = version ?? 0
        packedAddress = version == nil ? nil : weight.address
        return UnsafeRawPointer(packed)
    }
}

/// Converts the gradient of a convolution's weights from the layout of a primitive to the plain one.
final class PackedGradient {
    private let user: DNNPrimitive
    private let isPlain: Bool
    private let byteCount: Int
    private lazy var unpack = DNNPrimitive("unpacking of a weight gradient") { made in
        user.query { lockstep_dnn_unpack_create(made, $0, 0) }
    }

    /// The gradient of `user`, a primitive that writes one.
    init(of user: DNNPrimitive) {
        self.user = user
        isPlain = user.query { lockstep_dnn_weights_are_plain($0) } != 0
        byteCount = user.query { lockstep_dnn_weights_bytes($0) }
    }

    /// Calls `body` to compute the gradient, and writes it to `gradient` in the plain layout.
    func write(_ gradient: Tensor, pool: StoragePool, _ body: (UnsafeMutablePointer<Float>) -> Void) {
        guard !isPlain else { return body(gradient.floats) }
        let packed = pool.tensor(Shape(byteCount / 4))
        body(packed.floats)
        unpack.execute { lockstep_dnn_packing_execute($0, packed.floats, gradient.floats) }
    }
}
